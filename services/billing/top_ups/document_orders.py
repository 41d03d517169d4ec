"""Documents that are to be issued, written where money moves.

See `services.billing.documents.issuing`, which takes them from there.
"""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from services.billing.models.documents import DocumentOrder
from services.billing.models.top_ups import TopUp
from shared.contracts.billing.documents import DocumentKind
from shared.rpc.change import Change

TAKEN_BACK = "The payment was taken back by the bank that it came from."
NOT_PAID_OUT = "The refund could not be paid out, and the balance has it again."
GIVEN_BACK = "Paid twice, and given back as you asked."
COMPLETED = "The invoice did not say its VAT in the seller's currency."
"""Reasons of ours; documents say them in their own language."""


@dataclass(frozen=True)
class Wanted:
    """What a document is to be about; positive amounts in the minor unit.

    ``payment_id`` is the money it is about, None on a proforma, ``refund_id`` what was
    given back of it. ``reason`` is why a document corrects an earlier one: one of
    those above, or the operator's own words.
    """

    kind: DocumentKind
    net: Decimal
    tax: Decimal
    payment_id: UUID | None = None
    refund_id: UUID | None = None
    reason: str = ""


def order(change: Change, top_up: TopUp, wanted: Wanted) -> None:
    """Have a document issued once this transaction is committed."""
    now = change.call.now
    change.db.add(
        DocumentOrder(
            company_id=top_up.company_id,
            kind=wanted.kind,
            top_up_id=top_up.id,
            payment_id=wanted.payment_id,
            refund_id=wanted.refund_id,
            net=wanted.net,
            tax=wanted.tax,
            reason=wanted.reason,
            ordered_at=now,
            try_at=now,
        )
    )
