"""Crediting an invoice: refund its payment, with a credit note."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.billing.models.documents import Document
from services.billing.refunds import lifecycle as refunds
from shared.contracts.billing.documents import CreditInvoice, DocumentKind
from shared.contracts.billing.top_ups import GivenBack, RefundTopUp
from shared.errors import Conflict, NotFound
from shared.rpc.change import Change


def credit(change: Change, request: CreditInvoice) -> GivenBack:
    """Give back what the invoice's own payment brought, in part or whole.

    Raises:
        NotFound: ``no_such_document``.
        Conflict: ``not_an_invoice`` with ``kind``, ``credited_already`` with
            ``number``; and what `lifecycle.refund` raises but ``not_refundable``.
    """
    document = find_invoice(change.db, request.number)
    wanted = RefundTopUp(
        top_up_id=document.top_up_id,
        payment_id=document.payment_id,
        net=request.net,
        reason=request.reason,
        again=request.again,
    )
    try:
        return refunds.refund(change, wanted)
    except Conflict as refusal:
        if refusal.code != "not_refundable":
            raise
        note = _last_credit_note(change.db, document)
        raise Conflict("credited_already", note, {"number": note}) from refusal


def find_invoice(session: Session, number: str) -> Document:
    """The invoice with a number.

    Raises:
        NotFound: ``no_such_document``.
        Conflict: ``not_an_invoice`` with ``kind``.
    """
    numbered = select(Document).where(Document.number == number)
    document = session.scalars(numbered).one_or_none()
    if document is None:
        raise NotFound("no_such_document")
    if document.kind is not DocumentKind.INVOICE:
        kind = document.kind.value
        raise Conflict("not_an_invoice", kind, {"kind": kind})
    return document


def _last_credit_note(session: Session, invoice: Document) -> str:
    """Its number; empty while it is still to be issued."""
    notes = select(Document.number).where(
        Document.payment_id == invoice.payment_id,
        Document.kind == DocumentKind.CREDIT_NOTE,
    )
    newest = notes.order_by(Document.position.desc()).limit(1)
    return session.scalar(newest) or ""
