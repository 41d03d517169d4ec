"""Documents for bookkeeping: all companies', as they were issued."""

from datetime import date

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from services.billing.documents.listing import content_of
from services.billing.models.documents import Document
from services.billing.models.payments import Payment
from shared.contracts import billing
from shared.contracts.billing.payments import GatewayName
from shared.db.paging import (
    MAX_BATCH,
    Position,
    check_day,
    check_limit,
    decode_cursor,
    encode_cursor,
)


def export(
    session: Session, request: billing.documents.ExportDocuments
) -> billing.documents.BookkeepingPage:
    """One page, in the order of issue; see the contract for the refusals."""
    check_limit(request.limit, MAX_BATCH)
    check_day(request.first_day)
    check_day(request.last_day)
    query = (
        select(Document, Payment.gateway)
        .join(Payment, Payment.id == Document.payment_id, isouter=True)
        .where(Document.issued_on.between(request.first_day, request.last_day))
    )
    place = (Document.issued_on, Document.position)
    if request.cursor is not None:
        last = decode_cursor(request.cursor, tuple[date, Position])
        query = query.where(tuple_(*place) > last)
    found = session.execute(query.order_by(*place).limit(request.limit + 1)).all()
    rows, more = found[: request.limit], found[request.limit :]
    newest = rows[-1][0] if more else None
    return billing.documents.BookkeepingPage(
        rows=[_row(document, gateway) for document, gateway in rows],
        next=encode_cursor(newest.issued_on, newest.position) if newest else None,
    )


def _row(
    document: Document, gateway: GatewayName | None
) -> billing.documents.BookkeepingRow:
    content = content_of(document)
    (line,) = content.tax_lines
    is_credit_note = content.kind is billing.documents.DocumentKind.CREDIT_NOTE
    return billing.documents.BookkeepingRow(
        number=content.number,
        kind=content.kind,
        issued_on=content.issued_on,
        paid_on=None if is_credit_note else content.paid_on,
        company_id=document.company_id,
        name=content.buyer.name,
        country=content.buyer.country,
        vat_id=content.buyer.vat_id,
        net=content.net,
        tax=content.tax,
        gross=content.gross,
        tax_category=line.category,
        rate_percent=line.rate_percent,
        tax_rule=content.tax_reason.code,
        # The document has it in its own language, which can't be sorted by.
        gateway=gateway,
        corrects=content.corrects.number if content.corrects else "",
        accounting_tax=content.accounting_tax,
        seller=content.seller.name,
        reference=content.reference,
    )
