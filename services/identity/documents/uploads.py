"""Uploads of documents: begun, finished or given up by web.

The bytes go from web into the storage. Here are the key that they are encrypted under,
and what is known of them.
"""

import base64
import math
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.identity.documents.month_keys import month_of
from services.identity.documents.settings import DocumentSettings
from services.identity.documents.views import documents_of, view
from services.identity.limits import Limit, Limits
from services.identity.models.companies import Company
from services.identity.models.documents import IdentityDocument
from services.identity.models.verification import Verification
from services.identity.people import users
from services.identity.people.verification import Result, set_state
from shared.contracts.identity.people import VerificationState, VerificationStep
from shared.contracts.identity.verification.documents import (
    MAX_BYTES,
    MAX_NAME_LENGTH,
    TYPES_OF,
    BeginDocument,
    Document,
    DocumentState,
    DocumentUpload,
    FinishDocument,
)
from shared.errors import Conflict, InvalidInput, NotFound
from shared.permissions import Permission
from shared.principal import Principal
from shared.rpc.change import Change
from shared.sealed_stream import KEY_BYTES
from shared.text import is_plain

LIFETIME = timedelta(minutes=10)
"""How long an upload may take."""

MOST_A_DAY = Limit("documents", "too_many_documents", 20, timedelta(days=1))
"""Uploads by one user."""

_WAITING = (DocumentState.CHECKING, DocumentState.IN_REVIEW)
_SHA256 = re.compile(r"[0-9a-f]{64}")


def begin(
    change: Change, settings: DocumentSettings, limits: Limits, request: BeginDocument
) -> DocumentUpload:
    """Let an upload begin, under a fresh key; see the contract for the refusals."""
    db, now, principal = change.db, change.call.now, change.call.principal
    if request.document_type not in TYPES_OF.get(request.step, ()):
        raise InvalidInput("wrong_document_type")
    user = users.lock_user(db, principal.user_id)
    subject_id = _subject(principal, request.step)
    _check_none_runs(db, user.id, now)
    _check_step(db, subject_id, request.step)
    limits.take(db, MOST_A_DAY, str(user.id), now)
    data_key = change.runtime.random.randbytes(KEY_BYTES)
    day = settings.deleted_on(now)
    sealed = settings.envelope.wrap(data_key, month_of(day))
    document = IdentityDocument(
        id=change.runtime.new_id(),
        user_id=user.id,
        subject_id=subject_id,
        step=request.step,
        document_type=request.document_type,
        state=DocumentState.UPLOADING,
        begun_at=now,
        expires_at=now + LIFETIME,
        deleted_on=day,
        wrapped_key=sealed.data,
        key_id=sealed.key_id,
        month=month_of(day),
    )
    db.add(document)
    return DocumentUpload(
        document_id=document.id,
        subject_id=subject_id,
        data_key=base64.b64encode(data_key).decode(),
        expires_at=document.expires_at,
    )


def finish(change: Change, request: FinishDocument) -> Document:
    """Take over a complete upload; sending the same again changes nothing.

    See the contract for the refusals.
    """
    db, now, principal = change.db, change.call.now, change.call.principal
    _check_content(request)
    users.lock_user(db, principal.user_id)
    document = _own(db, principal, request.document_id)
    if document.sent_at is not None and document.sha256 == request.sha256:
        return view(document)
    _check_uploading(document, now)
    if document.company_id is not None:
        db.get_one(Company, document.company_id, with_for_update=True)
    _check_step(db, document.subject_id, document.step)
    document.state, document.sent_at = DocumentState.CHECKING, now
    document.sha256, document.size = request.sha256, request.size
    document.file_name = _clean_name(request.file_name)
    result = Result(VerificationState.PENDING)
    set_state(change, document.subject_id, document.step, result)
    return view(document)


def cancel(change: Change, document_id: UUID) -> None:
    """Give up an upload; see the contract for the refusals."""
    principal = change.call.principal
    users.lock_user(change.db, principal.user_id)
    document = _own(change.db, principal, document_id)
    if document.state is not DocumentState.UPLOADING:
        raise Conflict("document_upload_ended")
    give_up(document)


def give_up(document: IdentityDocument) -> None:
    """End an upload that comes to nothing; what is stored can't be opened any more."""
    document.state, document.wrapped_key = DocumentState.CANCELLED, None


def lock_waiting(
    db: Session, subject_id: UUID, step: VerificationStep
) -> Sequence[IdentityDocument]:
    """Lock what waits for a step, so that nobody decides on it meanwhile."""
    waiting = select(IdentityDocument).where(
        IdentityDocument.subject_id == subject_id,
        IdentityDocument.step == step,
        IdentityDocument.state.in_(_WAITING),
    )
    return db.scalars(waiting.with_for_update()).all()


def withdraw(
    change: Change, waiting: Sequence[IdentityDocument], reason_code: str
) -> None:
    """Give up what waits, because what it would verify has changed."""
    for document in waiting:
        give_up(document)
        result = Result(VerificationState.NOT_STARTED, reason_code)
        set_state(change, document.subject_id, document.step, result)


def _subject(principal: Principal, step: VerificationStep) -> UUID:
    """Return whose step it is.

    Raises:
        Forbidden: ``permission_missing``, ``no_company``.
    """
    if step is VerificationStep.COMPANY_DOCUMENT:
        principal.require(Permission.MANAGE_COMPANY)
        return principal.require_company()
    return principal.user_id


def _check_none_runs(db: Session, user_id: UUID, now: datetime) -> None:
    """Check that the user, who is locked, has no other upload; end one that is over."""
    for running in _uploads_of(db, user_id):
        if running.expires_at > now:
            wait_s = math.ceil((running.expires_at - now).total_seconds())
            raise Conflict("document_upload_running", "", {"retry_after_s": wait_s})
        give_up(running)


def _uploads_of(db: Session, user_id: UUID) -> list[IdentityDocument]:
    return list(
        db.query(IdentityDocument).where(
            IdentityDocument.user_id == user_id,
            IdentityDocument.state == DocumentState.UPLOADING,
        )
    )


def _check_step(db: Session, subject_id: UUID, step: VerificationStep) -> None:
    """Check that a step can be taken: it is not done, and nothing waits for it."""
    if documents_of(db, subject_id, *_WAITING):
        raise Conflict("document_in_review")
    passed = db.get(Verification, (subject_id, step))
    if passed is not None and passed.state is VerificationState.VERIFIED:
        raise Conflict("already_verified")


def _own(db: Session, principal: Principal, document_id: UUID) -> IdentityDocument:
    document = db.get(IdentityDocument, document_id, with_for_update=True)
    if document is None or document.user_id != principal.user_id:
        raise NotFound("no_such_upload")
    return document


def _check_uploading(document: IdentityDocument, now: datetime) -> None:
    is_running = document.state is DocumentState.UPLOADING
    if not is_running or document.expires_at <= now:
        raise Conflict("document_upload_ended")


def _check_content(request: FinishDocument) -> None:
    if not _SHA256.fullmatch(request.sha256):
        raise InvalidInput("bad_document_hash")
    if request.size <= 0:
        raise InvalidInput("document_empty")
    if request.size > MAX_BYTES:
        raise InvalidInput("document_too_large", "", {"max_bytes": MAX_BYTES})


def _clean_name(text: str) -> str:
    """Return a file's name as people can read it, without folders; it may be empty."""
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", text))[-1]
    return "".join(filter(is_plain, name)).strip()[:MAX_NAME_LENGTH]
