"""What a service has paid and owes, as its customer is shown it."""

from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.billing.charging import standing
from services.billing.ledger.wallets import available
from services.billing.models.charging import RecurringCost, Standing, Subscription
from services.billing.models.ledger import Wallet
from shared.contracts import billing
from shared.contracts.inventory.services import Period, ServiceState
from shared.money import (
    Money,
    currency_of,
    round_down_to_minor_unit,
    round_to_ledger,
)

_LIVE = (ServiceState.ACTIVE, ServiceState.SUSPENDED)


def find_subscription(
    session: Session, request: billing.charging.GetSubscription
) -> billing.charging.FoundSubscription:
    """Read one of the session's company."""
    found = session.get(Subscription, request.service_id)
    return billing.charging.FoundSubscription(
        subscription=_view(session, found) if found else None
    )


def _view(session: Session, found: Subscription) -> billing.charging.Subscription:
    currency = currency_of(found.currency)
    owed = dict(standing.costs(found))
    owed.pop(Standing.ACTIVE, None)
    charge = Money(standing.charge_of(found), currency)
    all_owed = Money(_owed_by_all(session, found.currency), currency)
    in_wallet = Money(_available(session, found.currency), currency)
    has_time = found.state in _LIVE and found.period is not Period.ONCE
    return billing.charging.Subscription(
        service_id=found.service_id,
        paid_through=found.paid_through if has_time else None,
        renewal=charge if standing.renews(found) else None,
        owed=Money(sum(owed.values(), Decimal(0)), currency),
        new_period=Money(owed.get(Standing.OVERDUE, Decimal(0)), currency),
        all_owed=all_owed,
        available=in_wallet,
        missing=max(
            Money(0, currency), -round_down_to_minor_unit(in_wallet - all_owed)
        ),
    )


def _owed_by_all(session: Session, currency: str) -> Decimal:
    wanted = select(func.coalesce(func.sum(RecurringCost.amount), 0)).where(
        RecurringCost.currency == currency,
        RecurringCost.standing != Standing.ACTIVE,
    )
    # The column has room for prices; what is charged or owed needs less.
    exact = Money(session.scalar(wanted) or 0, currency_of(currency))
    return round_to_ledger(exact).amount


def _available(session: Session, currency: str) -> Decimal:
    wallet = session.scalar(select(Wallet).where(Wallet.currency == currency))
    return Decimal(0) if wallet is None else available(wallet)
