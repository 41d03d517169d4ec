"""Documents that are to be issued, written where money moves.

See `services.billing.documents.issuing`, which takes them from there.
"""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from services.billing.models.documents import DocumentOrder
from services.billing.models.top_ups import TopUp
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.notes import NO_NOTE, Note
from shared.rpc.change import Change


@dataclass(frozen=True)
class Wanted:
    """What a document is to be about; positive amounts in the minor unit.

    ``payment_id`` is the money it is about, None on a proforma, ``refund_id`` what was
    given back of it. ``note`` is why a document corrects an earlier one: a reason of
    ours, or the operator's own words.
    """

    kind: DocumentKind
    net: Decimal
    tax: Decimal
    payment_id: UUID | None = None
    refund_id: UUID | None = None
    note: Note = NO_NOTE


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
            reason=wanted.note.as_written,
            **wanted.note.columns,
            ordered_at=now,
            try_at=now,
        )
    )
