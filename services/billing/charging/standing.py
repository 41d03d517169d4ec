"""Whether a service runs, owes or waits for money, and what it adds to the sums.

Each rule that statements need, too, is written twice, in Python for one service and as
a condition for many: a property test compares them. Nowhere else is it written again.
"""

from collections.abc import Iterator
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.dialects import postgresql

from services.billing.models.charging import Standing, Subscription
from shared.contracts.inventory.services import Period, ServiceState, SuspensionReason
from shared.money import Money, currency_of, round_to_ledger

IS_ONGOING = and_(
    Subscription.state == ServiceState.ACTIVE, Subscription.ends.is_(None)
)
"""`is_ongoing` of each service."""

IS_BEHIND = or_(Subscription.overdue_since.is_not(None), Subscription.owed != 0)
"""A running service has not paid everything it used."""

IS_SUSPENDED_FOR_PAYMENT = and_(
    Subscription.state == ServiceState.SUSPENDED,
    Subscription.suspension_reason == SuspensionReason.PAYMENT,
)

WAITS_FOR_MONEY = and_(IS_SUSPENDED_FOR_PAYMENT, Subscription.ends.is_(None))
"""`waits_for_money` of each service."""

IS_PLACED = Subscription.suspended_at.is_not(None)
"""Charging knows since when a suspended service's time has stood still."""

HAS_PAID_TIME = or_(
    and_(Subscription.period == Period.ONCE, Subscription.paid_through.is_(None)),
    and_(
        Subscription.period != Period.ONCE,
        Subscription.is_charged,
        Subscription.paid_through.is_not(None),
        Subscription.paid_through > Subscription.suspended_at,
    ),
)
"""`has_paid_time` of each suspended service that is placed."""

IS_PAID = and_(IS_PLACED, Subscription.owed == 0, HAS_PAID_TIME)
"""`is_paid` of each suspended service, and placed."""


def as_text(condition: ColumnElement[bool]) -> str:
    """A condition for a statement that is text: its table is ``subscriptions``.

    Values are written out, so that PostgreSQL finds the partial indexes.
    """
    written = condition.compile(
        dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True},
    )
    return f"({written})"


def is_ongoing(service: Subscription) -> bool:
    """Whether it runs and is charged: one that ends with its period is not."""
    return service.state is ServiceState.ACTIVE and service.ends is None


def waits_for_money(service: Subscription) -> bool:
    """Whether it is suspended, and money is all that it takes to resume it."""
    return is_suspended_for_payment(service) and service.ends is None


def is_suspended_for_payment(service: Subscription) -> bool:
    is_suspended = service.state is ServiceState.SUSPENDED
    return is_suspended and service.suspension_reason is SuspensionReason.PAYMENT


def is_paid(service: Subscription) -> bool:
    """Whether a suspended service has paid all that it needs to be resumed."""
    return not service.owed and has_paid_time(service)


def has_paid_time(service: Subscription) -> bool:
    """Whether a suspended service can be resumed without a new period.

    A one-time price is paid once, here or before it came here: then nothing is due any
    more. Any other service has paid time left that was charged here; what it owes is
    what a price change left.
    """
    until, since = service.paid_through, service.suspended_at
    if service.period is Period.ONCE:
        return until is None
    is_ahead = until is not None and since is not None and until > since
    return service.is_charged and is_ahead


def renews(service: Subscription) -> bool:
    return is_ongoing(service) and service.period is not Period.ONCE


def costs(service: Subscription) -> Iterator[tuple[Standing, Decimal]]:
    """Its price while it runs, and what it owes; at most one of each standing."""
    charge = charge_of(service)
    recurs = service.period is not Period.ONCE
    if service.state is ServiceState.ACTIVE:
        if recurs:
            yield Standing.ACTIVE, service.price
        arrears = service.unpaid_periods * charge + service.owed
        if arrears and is_ongoing(service):
            yield Standing.ARREARS, arrears
    elif waits_for_money(service) and not is_paid(service):
        if not has_paid_time(service):
            yield Standing.OVERDUE, charge
        if service.owed:
            yield Standing.OWED, service.owed


def charge_of(service: Subscription) -> Decimal:
    """What one period is charged: the price, rounded to the ledger's places."""
    price = Money(service.price, currency_of(service.currency))
    return round_to_ledger(price).amount
