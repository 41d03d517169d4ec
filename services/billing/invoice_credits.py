"""Crediting an invoice: its payment is given back, and a credit note says so."""

from sqlalchemy import select

from services.billing import refunds
from services.billing.changes import Change
from services.billing.document_models import Document
from shared.contracts.billing.documents import CreditInvoice, DocumentKind
from shared.contracts.billing.top_ups import GivenBack, RefundTopUp
from shared.errors import Conflict, NotFound


def credit(change: Change, request: CreditInvoice) -> GivenBack:
    """Give back what the invoice's own payment brought, in part or whole.

    Raises:
        NotFound: ``no_such_document``.
        Conflict: ``not_an_invoice`` with ``kind``; and what `refunds.refund` raises.
    """
    numbered = select(Document).where(Document.number == request.number)
    document = change.db.scalars(numbered).one_or_none()
    if document is None:
        raise NotFound("no_such_document")
    if document.kind is not DocumentKind.INVOICE:
        kind = document.kind.value
        raise Conflict("not_an_invoice", kind, {"kind": kind})
    wanted = RefundTopUp(
        top_up_id=document.top_up_id,
        payment_id=document.payment_id,
        net=request.net,
        reason=request.reason,
    )
    return refunds.refund(change, wanted)
