"""Whether a payment may be a duplicate of another top-up's. Pure.

The rule and its reasons: docs/decisions/duplicates.md.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.contracts.billing.payments import GatewayName
from shared.money import Money

WINDOW = timedelta(minutes=10)
"""Equal payments this close to each other may be one that was made twice."""


@dataclass(frozen=True)
class Paid:
    """A payment that came: ``begun_at`` and ``is_intended`` are its top-up's."""

    amount: Money
    gateway: GatewayName
    paid_at: datetime
    begun_at: datetime
    is_intended: bool


def may_repeat(payment: Paid, earlier: Paid) -> bool:
    """Whether a payment may repeat one of another top-up of the same company.

    Of two top-ups, the one that was begun later is the one whose customer was asked
    whether both are meant, whichever was paid first.
    """
    # Two instances' clocks may differ by a little, so that "earlier" may be later.
    if abs(payment.paid_at - earlier.paid_at) > WINDOW:
        return False
    later = max(payment, earlier, key=lambda paid: paid.begun_at)
    is_same = (payment.amount, payment.gateway) == (earlier.amount, earlier.gateway)
    return is_same and not later.is_intended


def is_instalment(came: Money, payment: Money, asked: Money) -> bool:
    """Whether a further payment of a top-up is a part of its amount.

    ``came`` is what its earlier payments brought.
    """
    return came + payment <= asked
