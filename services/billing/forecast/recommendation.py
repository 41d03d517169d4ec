"""Recommended Add Funds, and how it was worked out. Pure: no session, no clock.

Every active service counts as paid up to its period's next edge; what of that is not
paid is overdue, as what was used before a suspension is. What falls due is one charge,
the price rounded as charges are, for each edge within the horizon. A service that is
suspended for payment is charged a period to resume. That period begins at once, so its
further edges are counted from now, as if it were activated now. A service that bears a
termination request renews no more, so neither its edges nor, once it is suspended, its
resuming ask for money.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from shared.contracts.billing.dashboard import DueLine, Recommendation
from shared.money import Money, currency_of, round_up_to_whole


@dataclass(frozen=True)
class Funds:
    """A wallet's figures, in its currency."""

    currency: str
    balance: Decimal
    comfort_buffer: Decimal
    horizon_days: int

    def due_until(self, now: datetime) -> datetime:
        return now + timedelta(days=self.horizon_days)


@dataclass(frozen=True)
class Overdue:
    """What was used and could not be paid, and what brings suspended services back.

    ``service_count`` are those suspended for payment: one charge of each.
    """

    service_count: int
    amount: Decimal


def recommend(
    funds: Funds,
    due_lines: Sequence[DueLine],
    overdue: Overdue,
    minimum: Money,
    now: datetime,
) -> Recommendation:
    """Work out what to add so that the comfort buffer is left after the horizon."""
    currency = currency_of(funds.currency)
    nothing = Money(0, currency)
    due = sum((line.amount for line in due_lines), nothing)
    overdue_amount = Money(overdue.amount, currency)
    comfort_buffer = Money(funds.comfort_buffer, currency)
    balance = Money(funds.balance, currency)
    exact = due + overdue_amount + comfort_buffer - balance
    needed = exact > nothing
    return Recommendation(
        amount=max(round_up_to_whole(exact), minimum) if needed else nothing,
        due=due,
        overdue=overdue_amount,
        overdue_service_count=overdue.service_count,
        comfort_buffer=comfort_buffer,
        balance=balance,
        exact=exact,
        minimum=minimum,
        horizon_days=funds.horizon_days,
        due_until=funds.due_until(now),
        due_lines=list(due_lines),
    )
