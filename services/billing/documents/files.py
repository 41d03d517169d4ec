"""Files of documents: made once from what is kept, stored with their hash, and checked.

Never in the transaction that moves money or takes a number: whatever goes wrong with a
file is tried again until it is made.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.billing.documents.listing import content_of
from services.billing.documents.rendering.pdf import render_pdf
from services.billing.documents.rendering.xml import render_cii, render_ubl
from services.billing.models.documents import Document, DocumentFile, DocumentRendering
from shared.backoff import Backoff
from shared.contracts import billing
from shared.contracts.billing.documents import DocumentFormat, DocumentKind
from shared.db.database import Database
from shared.db.events import OutboxEvent, write_outbox
from shared.errors import Conflict, NotFound, Unavailable
from shared.runtime import Runtime

log = structlog.get_logger()

AT_ONCE = 20
"""Documents that one instance takes on together."""
TAKEN_FOR = timedelta(minutes=2)
"""How long one process has it; after that, it must have died."""
BACKOFF = Backoff.doubling(first_s=2 * 60, longest_s=60 * 60)
"""Until a document, or its file, is tried again."""

_MEDIA_TYPES = {
    DocumentFormat.PDF: "application/pdf",
    DocumentFormat.XML: "application/xml",
    DocumentFormat.UBL: "application/xml",
}
_ENDINGS = {
    DocumentFormat.PDF: ".pdf",
    DocumentFormat.XML: ".xml",
    DocumentFormat.UBL: ".ubl.xml",
}

Files = Mapping[DocumentFormat, bytes]


def render(content: billing.documents.DocumentContent) -> Files:
    """All files of a document. A proforma isn't an invoice, and has no XML."""
    if content.kind is DocumentKind.PROFORMA:
        return {DocumentFormat.PDF: render_pdf(content, None)}
    xml = render_cii(content)
    return {
        DocumentFormat.PDF: render_pdf(content, xml),
        DocumentFormat.XML: xml,
        DocumentFormat.UBL: render_ubl(content),
    }


def make_due(database: Database, runtime: Runtime, request_id: str) -> int:
    """Make files that are still to be made; returns of how many documents."""
    taken = _take(database, runtime)
    for document_id in taken:
        try:
            _make(database, runtime, document_id, request_id)
        except Exception:
            # A later turn tries again; one document keeps no other waiting.
            log.exception("files_not_made", document=str(document_id))
            _put_off(database, runtime, document_id)
    return len(taken)


def rebuild(
    database: Database,
    runtime: Runtime,
    request: billing.documents.RebuildDocument,
    request_id: str,
) -> None:
    """Make a document's files again, from what was kept when it was issued.

    A file that is whole stays, unless it is to be replaced: its bytes may have been
    sent or signed, and another version of the renderer makes other ones.

    Raises:
        NotFound: ``no_such_document``.
        Conflict: ``file_differs`` with ``format``.
    """
    number = Document.number == request.number
    with database.system() as session:
        document_id = session.scalar(select(Document.id).where(number))
    if document_id is None:
        raise NotFound("no_such_document")
    _make(database, runtime, document_id, request_id, replaces=request.replaces)


def stored_event(
    document: Document, content: billing.documents.DocumentContent, pdf: bytes
) -> OutboxEvent[billing.announcements.StoredDocument]:
    """Return the event that a document's files exist, with its PDF if that is short."""
    encoded = base64.b64encode(pdf).decode()
    body = billing.announcements.StoredDocument(
        id=document.id,
        kind=document.kind,
        number=document.number,
        issued_on=document.issued_on,
        gross=content.gross,
        due_on=content.due_on,
        file_name=document.number + _ENDINGS[DocumentFormat.PDF],
        pdf=encoded if len(encoded) <= billing.announcements.MOST_ENCODED else "",
    )
    event = billing.announcements.DOCUMENT_STORED
    return OutboxEvent(event, body, document.company_id, version=1)


def get_file(
    session: Session, document_id: UUID, wanted: DocumentFormat
) -> billing.documents.DocumentFile:
    """One file of a document of the session's company; see the contract."""
    query = select(Document).where(Document.id == document_id)
    document = session.scalars(query).one_or_none()
    if document is None:
        raise NotFound("no_such_document")
    is_proforma = document.kind is DocumentKind.PROFORMA
    if is_proforma and wanted is not DocumentFormat.PDF:
        raise NotFound("no_such_file")
    file = session.get(DocumentFile, (document_id, wanted))
    if file is None:
        raise Conflict("file_not_ready", parameters={"number": document.number})
    if not _is_whole(file):
        log.error("file_damaged", document=document.number, format=wanted.value)
        raise Unavailable("file_damaged", document.number)
    return billing.documents.DocumentFile(
        file_name=document.number + _ENDINGS[wanted],
        media_type=_MEDIA_TYPES[wanted],
        content=base64.b64encode(file.content).decode(),
        sha256=file.sha256,
    )


def _take(database: Database, runtime: Runtime) -> list[UUID]:
    """Some documents, for this instance alone to work on."""
    now = runtime.clock.now()
    with database.system() as session:
        due = session.scalars(
            select(DocumentRendering)
            .where(DocumentRendering.try_at <= now)
            .order_by(DocumentRendering.try_at)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        ).all()
        for rendering in due:
            rendering.try_at = now + TAKEN_FOR
        return [rendering.document_id for rendering in due]


def _make(
    database: Database,
    runtime: Runtime,
    document_id: UUID,
    request_id: str,
    *,
    replaces: bool = False,
) -> None:
    with database.system() as session:
        document = session.get_one(Document, document_id)
        company_id, content = document.company_id, content_of(document)
    files = runtime.offload(lambda: render(content))
    with database.system() as session:
        for name, made in files.items():
            if not replaces:
                _refuse_other_bytes(session, document_id, name, made)
            file = DocumentFile(
                document_id=document_id,
                format=name,
                company_id=company_id,
                content=made,
                sha256=hashlib.sha256(made).hexdigest(),
                made_at=runtime.clock.now(),
            )
            session.merge(file)
        if rendering := session.get(DocumentRendering, document_id):
            session.delete(rendering)
            stored = stored_event(document, content, files[DocumentFormat.PDF])
            write_outbox(session, runtime, request_id, [stored])


def _refuse_other_bytes(
    session: Session, document_id: UUID, name: DocumentFormat, made: bytes
) -> None:
    file = session.get(DocumentFile, (document_id, name))
    if file is not None and _is_whole(file) and file.content != made:
        raise Conflict("file_differs", parameters={"format": name.value})


def _is_whole(file: DocumentFile) -> bool:
    return hashlib.sha256(file.content).hexdigest() == file.sha256


def _put_off(database: Database, runtime: Runtime, document_id: UUID) -> None:
    with database.system() as session:
        rendering = session.get(DocumentRendering, document_id)
        if rendering is None:
            return
        rendering.failures += 1
        rendering.try_at = runtime.clock.now() + BACKOFF.pause(rendering.failures)
