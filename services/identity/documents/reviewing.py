"""What operators see of documents: those that wait, and how to open one."""

import base64
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from services.identity.documents.month_keys import KeyDestroyedError
from services.identity.documents.settings import DocumentSettings
from services.identity.documents.views import view
from services.identity.models.companies import Company
from services.identity.models.documents import IdentityDocument
from services.identity.models.people import User
from shared.contracts.identity.verification.documents import (
    DocumentsInReview,
    DocumentState,
    DocumentView,
    ListDocumentsInReview,
    ReviewedDocument,
)
from shared.db.paging import MAX_BATCH, check_limit, decode_cursor, encode_cursor
from shared.errors import Conflict, NotFound

log = structlog.get_logger()

_OPENED = frozenset(
    {DocumentState.IN_REVIEW, DocumentState.APPROVED, DocumentState.REJECTED}
)


def list_in_review(db: Session, request: ListDocumentsInReview) -> DocumentsInReview:
    """Return a page of those that wait; see the contract for the refusals."""
    check_limit(request.limit, MAX_BATCH)
    rows = _read(db, request.cursor, request.limit + 1)
    shown = rows[: request.limit]
    is_more = len(rows) > len(shown)
    last = shown[-1][0] if is_more else None
    return DocumentsInReview(
        documents=[_reviewed(*row) for row in shown],
        next=encode_cursor(last.sent_at, last.id) if last else None,
    )


def open_document(
    db: Session, settings: DocumentSettings, document_id: UUID
) -> DocumentView:
    """Return the key of a document's images; see the contract for the refusals."""
    document = db.get(IdentityDocument, document_id)
    if document is None:
        raise NotFound("no_such_upload")
    if document.state not in _OPENED:
        state = {"state": document.state.value}
        raise Conflict("document_not_ready", "", state)
    if document.wrapped_key is None:
        raise Conflict("document_deleted")
    try:
        key = settings.envelope.unwrap(document.wrapped_key, document.month)
    except KeyDestroyedError as error:
        raise Conflict("document_deleted") from error
    log.info("document_opened", document=str(document.id))
    return DocumentView(
        document_id=document.id,
        user_id=document.user_id,
        company_id=document.company_id,
        step=document.step,
        document_type=document.document_type,
        data_key=base64.b64encode(key).decode(),
    )


_Row = tuple[IdentityDocument, User, Company | None]


def _read(db: Session, cursor: str | None, limit: int) -> Sequence[_Row]:
    place = tuple_(IdentityDocument.sent_at, IdentityDocument.id)
    query = (
        select(IdentityDocument, User, Company)
        .join(User, User.id == IdentityDocument.user_id)
        .outerjoin(Company, Company.company_id == IdentityDocument.subject_id)
        .where(IdentityDocument.state == DocumentState.IN_REVIEW)
        .order_by(IdentityDocument.sent_at, IdentityDocument.id)
        .limit(limit)
    )
    if cursor is not None:
        query = query.where(place > decode_cursor(cursor, tuple[datetime, UUID]))
    return [(document, user, company) for document, user, company in db.execute(query)]


def _reviewed(
    document: IdentityDocument, user: User, company: Company | None
) -> ReviewedDocument:
    return ReviewedDocument(
        document=view(document),
        email=user.email,
        name=user.name,
        company_name=company.name if company else "",
        address=_lines(company) if company else [],
        country=company.country if company else "",
    )


def _lines(company: Company) -> list[str]:
    town = f"{company.postal_code} {company.city}".strip()
    lines = (company.street, town, company.region)
    return [line for line in lines if line]
