"""What a bank took although it had been given back, once that does not go back.

A refund and a dispute of the same money may be under way at once. The bank has it
then, and the gateway refuses the refund: what was taken twice was taken once.
"""

from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from services.billing.ledger.money_in import MoneyIn
from services.billing.models.payments import Chargeback, ChargebackState
from services.billing.models.refunds import Refund
from shared.money import Money, currency_of, round_to_minor_unit
from shared.rpc.change import Change


def cover(change: Change, refund: Refund) -> Iterator[tuple[UUID, MoneyIn]]:
    """Split what was taken beyond a payment by a refund that failed.

    Yields how much of the refund's net and tax each chargeback has: its credit note
    is due, and the wallet was charged that tax too much.
    """
    taken = change.db.scalars(
        select(Chargeback)
        .where(
            Chargeback.payment_id == refund.payment_id,
            Chargeback.state == ChargebackState.BOOKED,
            Chargeback.beyond > 0,
        )
        .order_by(Chargeback.booked_at, Chargeback.id)
    ).all()
    gross = refund.net + refund.tax
    whole = tax = Decimal(0)
    for row in taken:
        covered = min(row.beyond, gross - whole)
        whole += covered
        # Of all that is covered by then: so the whole of it is exact.
        exact = refund.tax * whole / gross
        rounded = round_to_minor_unit(Money(exact, currency_of(refund.currency)))
        part = MoneyIn(
            covered - (rounded.amount - tax), rounded.amount - tax, refund.currency
        )
        tax = rounded.amount
        row.net += part.net
        row.tax += part.tax
        row.beyond -= covered
        if covered:
            yield row.id, part
