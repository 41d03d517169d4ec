"""What a wallet would pay at once if more money came: the rules of charging, foreseen.

Nothing is changed. `services.billing.charging.shortage` is what does it, once the money
is there; a property test holds the two together.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import not_
from sqlalchemy.orm import Session

from services.billing.charging import paid_time
from services.billing.charging.shortage import MOST_PERIODS, payable
from services.billing.charging.standing import (
    IS_BEHIND,
    IS_ONGOING,
    IS_PAID,
    IS_PLACED,
    WAITS_FOR_MONEY,
    charge_of,
    has_paid_time,
)
from services.billing.models.charging import Subscription
from services.billing.models.ledger import Wallet
from services.billing.parties.companies import time_zone_of
from shared.contracts.billing.settlement import MOST_DEBTS, ServiceDebt, Settlement
from shared.money import Money, currency_of, round_down_to_minor_unit

_NOTHING = Decimal(0)


@dataclass(frozen=True)
class _Debt:
    """What a service waits for, and what is charged of it; both in the currency."""

    service: Subscription
    owed: Decimal
    new_period: Decimal
    charged: Decimal
    is_suspended: bool

    @property
    def lacking(self) -> Decimal:
        return self.owed + self.new_period - self.charged


@dataclass
class _Plan:
    """What is left to spend, and what it was spent on so far."""

    available: Decimal
    debts: list[_Debt] = field(default_factory=list)

    @property
    def lacks(self) -> bool:
        return any(each.lacking for each in self.debts)

    def pay(self, service: Subscription, begun: int) -> None:
        """Pay a running service: what is owed in whole, and then period by period."""
        charge, charged = charge_of(service), _NOTHING
        # What a new price took off used time is off its charges, and never paid out.
        owed = max(service.owed, -begun * charge)
        used = owed + begun * charge
        if owed and used <= self.available:
            owed, charged = _NOTHING, owed
        number = 0 if owed else begun
        if number and charge:
            number = min(begun, int((self.available - charged) // charge))
        charged += number * charge
        self._note(_Debt(service, used, _NOTHING, charged, is_suspended=False))

    def restore(self, service: Subscription, *, may_pay: bool) -> None:
        """Pay a service suspended for payment, in whole or not at all."""
        charge = _NOTHING if has_paid_time(service) else charge_of(service)
        cost = service.owed + charge
        charged = cost if may_pay and cost <= self.available else _NOTHING
        self._note(_Debt(service, service.owed, charge, charged, is_suspended=True))

    def _note(self, debt: _Debt) -> None:
        self.available -= debt.charged
        if debt.owed or debt.new_period:
            self.debts.append(debt)


@dataclass(frozen=True)
class Foresight:
    """``missing_now`` is what all that waits lacks without any more money."""

    settlement: Settlement
    missing_now: Money


def foresee(
    session: Session, wallet: Wallet, more: Decimal, now: datetime
) -> Foresight:
    """Work out what is charged at once if ``more`` comes; the session is the company's.

    Of those that wait, the first of each kind are looked at, as by charging.
    """
    zone = time_zone_of(session, wallet.company_id)
    plan = _Plan(max(_NOTHING, wallet.balance + more + wallet.credit_limit))
    is_due = Subscription.paid_through <= now
    for which in ((IS_BEHIND,), (is_due, not_(IS_BEHIND))):
        for service in session.scalars(payable(wallet, IS_ONGOING, *which)):
            begun = paid_time.begun_periods(service, now, zone)
            plan.pay(service, min(begun, MOST_PERIODS))
    may_restore = not plan.lacks
    waiting = payable(wallet, WAITS_FOR_MONEY, IS_PLACED, not_(IS_PAID))
    for service in session.scalars(waiting):
        plan.restore(service, may_pay=may_restore)
    return Foresight(
        settlement=_settlement(wallet, wallet.balance + more, plan),
        missing_now=_missing(wallet, wallet.balance, plan),
    )


def _settlement(wallet: Wallet, balance: Decimal, plan: _Plan) -> Settlement:
    currency = currency_of(wallet.currency)
    debts = plan.debts
    charged = sum((each.charged for each in debts), _NOTHING)
    suspended = [each for each in debts if each.is_suspended]
    stopped = sum(bool(each.lacking) for each in suspended)
    return Settlement(
        charged=Money(charged, currency),
        left=Money(balance - charged, currency),
        debts=[_view(each) for each in debts[:MOST_DEBTS]],
        debt_count=len(debts),
        resumed_count=len(suspended) - stopped,
        stopped_count=stopped,
        missing=_missing(wallet, balance, plan),
    )


def _missing(wallet: Wallet, balance: Decimal, plan: _Plan) -> Money:
    """What a balance lacks to pay all debts, which are the same whatever is paid."""
    currency = currency_of(wallet.currency)
    wanted = sum((each.owed + each.new_period for each in plan.debts), _NOTHING)
    left = Money(balance + wallet.credit_limit - wanted, currency)
    missing = -round_down_to_minor_unit(left)
    return max(missing, Money(0, currency)) if wanted else Money(0, currency)


def _view(debt: _Debt) -> ServiceDebt:
    currency = currency_of(debt.service.currency)
    return ServiceDebt(
        service_id=debt.service.service_id,
        is_suspended=debt.is_suspended,
        owed=Money(debt.owed, currency),
        new_period=Money(debt.new_period, currency),
        charged=Money(debt.charged, currency),
        lacking=Money(debt.lacking, currency),
    )
