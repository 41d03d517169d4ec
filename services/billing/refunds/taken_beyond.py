"""What a bank took although it had been given back, once that does not go back.

A refund and a dispute of the same money may be under way at once. The bank has it
then, and the gateway refuses the refund: what was taken twice was taken once.
"""

from decimal import Decimal

from sqlalchemy import select

from services.billing.ledger.money_in import MoneyIn
from services.billing.models.payments import Chargeback
from services.billing.models.refunds import Refund
from shared.money import Money, currency_of, round_to_minor_unit
from shared.rpc.change import Change


def cover(change: Change, refund: Refund) -> MoneyIn:
    """Part what was taken beyond a payment by a refund that failed.

    Returns how much of the refund's net and tax the chargebacks have: its credit note
    is due, and the wallet was charged that tax too much.
    """
    taken = change.db.scalars(
        select(Chargeback)
        .where(Chargeback.payment_id == refund.payment_id, Chargeback.beyond > 0)
        .order_by(Chargeback.booked_at, Chargeback.id)
    )
    net, tax = Decimal(0), Decimal(0)
    gross = refund.net + refund.tax
    for row in taken:
        covered = min(row.beyond, gross - net - tax)
        # Of all that is covered by then: so the whole of it is exact.
        exact = refund.tax * (net + tax + covered) / gross
        rounded = round_to_minor_unit(Money(exact, currency_of(refund.currency)))
        part = rounded.amount - tax
        row.net += covered - part
        row.tax += part
        row.beyond -= covered
        net, tax = net + covered - part, tax + part
    change.db.flush()
    return MoneyIn(net, tax, refund.currency)
