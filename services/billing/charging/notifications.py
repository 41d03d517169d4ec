"""Events for inventory: services to suspend, to resume, and to end.

Each is sent again every hour until the service has changed.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby

from sqlalchemy import ColumnElement, and_, or_, select, update

from services.billing.charging.standing import (
    IS_ONGOING,
    IS_PAID,
    IS_PLACED,
    IS_SUSPENDED_FOR_PAYMENT,
)
from services.billing.models.charging import Subscription
from services.billing.models.ledger import Wallet
from shared.contract import Event
from shared.contracts import billing
from shared.contracts.inventory.services import Period, ServiceState, TerminationTime
from shared.money import Money, currency_of
from shared.rpc.change import Change

BATCH = 500
AGAIN_AFTER = timedelta(hours=1)

Notify = Callable[[Change], int]
"""Sends an event about some services; returns of how many."""

_IS_ACTIVE = Subscription.state == ServiceState.ACTIVE


def notify_exhausted(
    change: Change, wallet: Wallet, lacking: Decimal, until: datetime
) -> None:
    change.emit(
        billing.charging.FUNDS_EXHAUSTED,
        billing.charging.FundsExhausted(
            wallet_id=wallet.id,
            lacking=Money(lacking, currency_of(wallet.currency)),
            until=until,
        ),
        company_id=wallet.company_id,
        version=wallet.version,
    )


def notify_overdue(change: Change, grace: timedelta) -> int:
    """Those that are still active after their grace are to be suspended."""
    found = _waiting(
        change,
        IS_ONGOING,
        Subscription.overdue_since <= change.call.now - grace,
    )
    _count_up(found)
    return _notify(change, billing.charging.SERVICES_OVERDUE, found)


def notify_restored(change: Change) -> int:
    """Those suspended for payment and paid again are to be resumed.

    One that is to end as well: it has paid time left, and ends with that.
    """
    found = _waiting(change, IS_SUSPENDED_FOR_PAYMENT, IS_PAID)
    _count_up(found)
    return _notify(change, billing.charging.FUNDS_RESTORED, found)


def notify_ended(change: Change) -> int:
    """Those that were to end with the period that is paid have come to its end.

    A one-time price that is paid has no period to wait for. What is suspended until it
    pays is charged no more; the end gives back what it had paid ahead.
    """
    has_no_period = and_(
        Subscription.period == Period.ONCE, Subscription.paid_through.is_(None)
    )
    is_past = Subscription.paid_through <= change.call.now
    is_over = or_(
        and_(_IS_ACTIVE, or_(is_past, has_no_period)),
        and_(IS_SUSPENDED_FOR_PAYMENT, IS_PLACED, ~IS_PAID),
    )
    ends = Subscription.ends == TerminationTime.END_OF_PERIOD
    return _notify(
        change, billing.charging.PERIODS_ENDED, _waiting(change, ends, is_over)
    )


def republish(change: Change) -> None:
    """Send all of it again, whatever was sent before; the job does it."""
    change.begin_replay()
    change.db.execute(
        update(Subscription)
        .where(Subscription.told_at.is_not(None))
        .values(told_at=None)
    )


def _count_up(found: Sequence[Subscription]) -> None:
    """A first event makes all earlier ones of the service outdated."""
    for service in found:
        if service.told_at is None:
            service.payment_version += 1


def _waiting(change: Change, *which: ColumnElement[bool]) -> Sequence[Subscription]:
    told_at = Subscription.told_at
    return change.db.scalars(
        select(Subscription)
        .where(*which, told_at.is_(None) | (told_at <= change.call.now - AGAIN_AFTER))
        .order_by(Subscription.company_id, Subscription.service_id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()


def _notify(
    change: Change,
    event: Event[billing.charging.PaymentNews],
    services: Sequence[Subscription],
) -> int:
    for company_id, group in groupby(services, key=lambda each: each.company_id):
        payments = [
            billing.charging.ServicePayment(
                service_id=each.service_id, version=each.payment_version
            )
            for each in group
        ]
        change.emit(
            event,
            billing.charging.PaymentNews(services=payments),
            company_id=company_id,
            version=max(each.version for each in payments),
        )
    for each in services:
        each.told_at = change.call.now
    change.db.flush()
    return len(services)
