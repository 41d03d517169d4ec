"""Documents that are to be issued, written where money moves.

See `services.billing.documents.issuing`, which takes them from there.
"""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from services.billing.ledger.money_in import MoneyIn
from services.billing.models.documents import DocumentOrder
from services.billing.models.top_ups import TopUp
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.notes import NO_NOTE, Note, NoteCode
from shared.rpc.change import Change


@dataclass(frozen=True)
class Wanted:
    """What a document is to be about; positive amounts in the minor unit.

    ``payment_id`` is the money it is about, None on a proforma, ``refund_id`` what was
    given back of it, ``chargeback_id`` the dispute that took it. ``note`` is why a
    document corrects an earlier one: a reason of ours, or the operator's own words.
    """

    kind: DocumentKind
    net: Decimal
    tax: Decimal
    payment_id: UUID | None = None
    refund_id: UUID | None = None
    note: Note = NO_NOTE
    chargeback_id: UUID | None = None


def taken_back(payment_id: UUID, chargeback_id: UUID, money: MoneyIn) -> Wanted:
    """The credit note of what a dispute took."""
    return Wanted(
        DocumentKind.CREDIT_NOTE,
        money.net,
        money.tax,
        payment_id,
        note=Note(code=NoteCode.TAKEN_BACK),
        chargeback_id=chargeback_id,
    )


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
            chargeback_id=wanted.chargeback_id,
            net=wanted.net,
            tax=wanted.tax,
            reason=wanted.note.as_written,
            **wanted.note.columns,
            ordered_at=now,
            try_at=now,
        )
    )
