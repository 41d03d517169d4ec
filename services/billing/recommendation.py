"""Recommended Add Funds, and how it was worked out. Pure: no session, no clock.

Every active service counts as paid up to its period's next edge. What falls due is one
charge, the price rounded as charges are, for each edge within the horizon. A service
that bears a termination request renews no more, so neither its edges nor, once it is
suspended, its resuming ask for money.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from shared.contracts.billing import DueLine, Recommendation
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
    """Services suspended for payment: one charge of each brings them back."""

    service_count: int = 0
    amount: Decimal = Decimal(0)

    def __add__(self, other: "Overdue") -> "Overdue":
        count = self.service_count + other.service_count
        return Overdue(count, self.amount + other.amount)


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
