"""Decide on documents: the steps that they are for follow, and the people are told."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.identity.documents.month_keys import KeyDestroyedError, month_of
from services.identity.documents.settings import DocumentSettings
from services.identity.documents.views import view
from services.identity.models.documents import IdentityDocument
from services.identity.notices.notify import Subject, notify
from services.identity.people import users
from services.identity.people.verification import Result, set_state
from shared.contracts.identity.notices import NoticeKind
from shared.contracts.identity.people import VerificationState
from shared.contracts.identity.verification.documents import (
    NOT_REVIEWED,
    ApproveDocument,
    Document,
    DocumentState,
    FileRefusal,
    RejectDocument,
    RejectionReason,
)
from shared.db.paging import check_day
from shared.errors import Conflict, InvalidInput, NotFound
from shared.rpc.change import Change
from shared.text import clean_reason

log = structlog.get_logger()

_NOTICES = {
    VerificationState.VERIFIED: NoticeKind.VERIFICATION_DOCUMENT_APPROVED,
    VerificationState.REJECTED: NoticeKind.VERIFICATION_DOCUMENT_REJECTED,
}


def refuse(change: Change, document: IdentityDocument, refusal: FileRefusal) -> None:
    """Refuse a file; nothing of it can be opened any more."""
    document.state, document.reason = DocumentState.REFUSED, refusal.value
    document.wrapped_key, document.claimed_until = None, None
    log.info("document_refused", document=str(document.id), reason=refusal.value)
    _tell(change, document, VerificationState.REJECTED)


def expire(change: Change, document: IdentityDocument) -> None:
    """Destroy the key of a document whose retention is over.

    A step that still waited for it can be taken again.
    """
    document.wrapped_key = None
    if document.state not in (DocumentState.CHECKING, DocumentState.IN_REVIEW):
        return
    document.state, document.reason = DocumentState.EXPIRED, NOT_REVIEWED
    result = Result(VerificationState.NOT_STARTED, NOT_REVIEWED)
    set_state(change, document.subject_id, document.step, result)


def erase(db: Session, subject_id: UUID) -> None:
    """Destroy the keys of all documents of an erased user, or of an erased company.

    `Retention` deletes what is stored. The rows keep a type and times alone.
    """
    theirs = IdentityDocument.subject_id == subject_id
    for document in db.scalars(select(IdentityDocument).where(theirs)):
        document.wrapped_key = None
        document.file_name = document.note = document.sha256 = ""
        if document.decided_at is None:
            document.state = DocumentState.CANCELLED
    sent = update(IdentityDocument).where(IdentityDocument.user_id == subject_id)
    db.execute(sent.values(file_name=""))


def approve(
    change: Change, settings: DocumentSettings, request: ApproveDocument
) -> Document:
    """Accept a document; see the contract for the refusals."""
    document = _in_review(change.db, request.document_id)
    last_day = request.valid_until
    valid_until = _end_of(last_day, change.call.now) if last_day else None
    _decide(change, settings, document, DocumentState.APPROVED)
    _tell(change, document, VerificationState.VERIFIED, valid_until)
    return view(document)


def reject(
    change: Change, settings: DocumentSettings, request: RejectDocument
) -> Document:
    """Reject a document; see the contract for the refusals."""
    document = _in_review(change.db, request.document_id)
    is_required = request.reason is RejectionReason.OTHER
    document.note = clean_reason(request.note, required=is_required)
    document.reason = request.reason.value
    _decide(change, settings, document, DocumentState.REJECTED)
    _tell(change, document, VerificationState.REJECTED)
    return view(document)


def _in_review(db: Session, document_id: UUID) -> IdentityDocument:
    document = db.get(IdentityDocument, document_id, with_for_update=True)
    if document is None:
        raise NotFound("no_such_upload")
    if document.state is not DocumentState.IN_REVIEW:
        state = {"state": document.state.value}
        raise Conflict("document_not_in_review", "", state)
    return document


def _decide(
    change: Change,
    settings: DocumentSettings,
    document: IdentityDocument,
    state: DocumentState,
) -> None:
    """Note a decision; the retention starts with it."""
    now = change.call.now
    document.state, document.decided_at = state, now
    document.decided_by = change.call.principal.name
    document.deleted_on = settings.deleted_on(now)
    _move(settings, document, month_of(document.deleted_on))


def _move(settings: DocumentSettings, document: IdentityDocument, month: str) -> None:
    """Wrap a document's key by another month's key."""
    if document.wrapped_key is None or document.month == month:
        return
    try:
        key = settings.envelope.unwrap(document.wrapped_key, document.month)
    except KeyDestroyedError:
        log.error("document_key_missing", document=str(document.id))  # noqa: TRY400
        document.wrapped_key = None
        return
    sealed = settings.envelope.wrap(key, month)
    document.wrapped_key, document.key_id = sealed.data, sealed.key_id
    document.month = month


def _tell(
    change: Change,
    document: IdentityDocument,
    state: VerificationState,
    valid_until: datetime | None = None,
) -> None:
    """Bring a document's step to its state, and tell who sent the document."""
    result = Result(state, document.reason, document.note, valid_until)
    set_state(change, document.subject_id, document.step, result)
    kind = _NOTICES[state]
    parameters = {
        "step": document.step.value,
        "reason": document.reason,
        "note": document.note,
    }
    subject = Subject(kind, str(document.id), parameters, document.company_id)
    notify(change, users.get_user(change.db, document.user_id), subject)


def _end_of(day: date, now: datetime) -> datetime:
    """Return when a document expires whose last day is given.

    Raises:
        InvalidInput: ``bad_day`` with ``value``; it has expired already.
    """
    check_day(day)
    end = datetime.combine(day + timedelta(days=1), time.min, UTC)
    if end <= now:
        raise InvalidInput("bad_day", "", {"value": day.isoformat()})
    return end
