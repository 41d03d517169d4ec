"""Invoices without their VAT in the seller's currency: corrected by two documents.

An earlier version issued them where no exchange rate was known. An issued document
never changes, so a credit note takes back what is left of it, and another invoice says
the same with that VAT. No money moves.
"""

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.billing.documents.listing import content_of
from services.billing.models.documents import Document, DocumentOrder
from services.billing.parties.sellers import Sellers
from services.billing.refunds.invoice_credits import find_invoice
from services.billing.tax.exchange_rates import latest_rate
from services.billing.top_ups.document_orders import Wanted, order
from services.billing.top_ups.lifecycle import lock_top_up
from shared.contracts.billing.documents import CompleteInvoice, DocumentKind
from shared.contracts.notes import Note, NoteCode
from shared.errors import Conflict
from shared.rpc.change import Change


def complete(change: Change, sellers: Sellers, request: CompleteInvoice) -> None:
    """Order both documents; see the contract for the refusals."""
    session = change.db
    invoice = find_invoice(session, request.number)
    top_up = lock_top_up(session, invoice.top_up_id)
    own = sellers.named(top_up.seller).accounting_currency
    _require_lack(session, invoice, own)
    net, tax = _left(session, invoice)
    if not net:
        raise Conflict("credited_already", parameters={"number": ""})
    note = Note(code=NoteCode.ACCOUNTING_TAX_MISSING)
    for kind in (DocumentKind.CREDIT_NOTE, DocumentKind.INVOICE):
        wanted = Wanted(kind, net, tax, invoice.payment_id, note=note)
        order(change, top_up, wanted)


def _require_lack(session: Session, invoice: Document, own: str) -> None:
    content = content_of(invoice)
    has_it = content.accounting_tax is not None or invoice.currency == own
    waiting = select(DocumentOrder.position).where(
        DocumentOrder.payment_id == invoice.payment_id
    )
    if has_it or not invoice.tax or session.scalar(waiting.limit(1)) is not None:
        raise Conflict("nothing_to_complete")
    day = content.paid_on or content.issued_on
    if latest_rate(session, invoice.currency, own, day) is None:
        raise Conflict("no_exchange_rate", f"{invoice.currency}/{own} {day}")


def _left(session: Session, invoice: Document) -> tuple[Decimal, Decimal]:
    """Net and tax that no credit note has taken back."""
    corrected = select(Document).where(Document.corrects_id == invoice.id)
    notes = session.scalars(corrected).all()
    net = invoice.net - sum((each.net for each in notes), Decimal(0))
    return net, invoice.tax - sum((each.tax for each in notes), Decimal(0))
