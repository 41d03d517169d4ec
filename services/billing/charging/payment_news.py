"""What inventory is told: whose grace is over, who is paid again, whose time is up.

Told again every hour for as long as nothing comes of it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby

from sqlalchemy import ColumnElement, and_, or_, select

from services.billing.base.changes import Change
from services.billing.charging.shortage import IS_PAID
from services.billing.models.charging import Subscription
from services.billing.models.ledger import Wallet
from shared.contract import Event
from shared.contracts.billing import charging as contract
from shared.contracts.inventory import (
    Period,
    ServiceState,
    SuspensionReason,
    TerminationTime,
)
from shared.db import events
from shared.money import Money, currency_of

BATCH = 500
AGAIN_AFTER = timedelta(hours=1)

Tell = Callable[[Change, timedelta], int]
"""Tells of some services; returns of how many, given how long the grace is."""

_IS_ACTIVE = Subscription.state == ServiceState.ACTIVE
_IS_SUSPENDED = and_(
    Subscription.state == ServiceState.SUSPENDED,
    Subscription.suspension_reason == SuspensionReason.PAYMENT,
)


def tell_exhausted(
    change: Change, wallet: Wallet, lacking: Decimal, until: datetime
) -> None:
    events.record(
        change.db,
        change.runtime,
        contract.FUNDS_EXHAUSTED,
        contract.FundsExhausted(
            wallet_id=wallet.id,
            lacking=Money(lacking, currency_of(wallet.currency)),
            until=until,
        ),
        company_id=wallet.company_id,
        version=wallet.version,
        request_id=change.call.request_id,
    )


def tell_overdue(change: Change, grace: timedelta) -> int:
    """Those that are still active after their grace are to be suspended."""
    found = _untold(
        change,
        _IS_ACTIVE,
        Subscription.ends.is_(None),
        Subscription.overdue_since <= change.call.now - grace,
    )
    _count_up(found)
    return _tell(change, contract.SERVICES_OVERDUE, found)


def tell_restored(change: Change, _grace: timedelta) -> int:
    """Those suspended for payment and paid again are to be resumed.

    One that is to end as well: it has paid time left, and ends with that.
    """
    found = _untold(change, _IS_SUSPENDED, IS_PAID)
    _count_up(found)
    return _tell(change, contract.FUNDS_RESTORED, found)


def tell_ended(change: Change, _grace: timedelta) -> int:
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
        and_(_IS_SUSPENDED, Subscription.suspended_at.is_not(None), ~IS_PAID),
    )
    ends = Subscription.ends == TerminationTime.END_OF_PERIOD
    return _tell(change, contract.PERIODS_ENDED, _untold(change, ends, is_over))


def _count_up(found: Sequence[Subscription]) -> None:
    """What is told for the first time makes all that was told before old."""
    for service in found:
        if service.told_at is None:
            service.payment_version += 1


def _untold(change: Change, *which: ColumnElement[bool]) -> Sequence[Subscription]:
    told = Subscription.told_at
    return change.db.scalars(
        select(Subscription)
        .where(*which, told.is_(None) | (told <= change.call.now - AGAIN_AFTER))
        .order_by(Subscription.company_id, Subscription.service_id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()


def _tell(
    change: Change,
    event: Event[contract.PaymentNews],
    services: Sequence[Subscription],
) -> int:
    for company_id, group in groupby(services, key=lambda each: each.company_id):
        told = [
            contract.ServicePayment(
                service_id=each.service_id, version=each.payment_version
            )
            for each in group
        ]
        events.record(
            change.db,
            change.runtime,
            event,
            contract.PaymentNews(services=told),
            company_id=company_id,
            version=max(each.version for each in told),
            request_id=change.call.request_id,
        )
    for each in services:
        each.told_at = change.call.now
    change.db.flush()
    return len(services)
