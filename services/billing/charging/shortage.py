"""Paying service by service, the oldest first, when a wallet may not hold enough.

A charge is all or nothing, per service and period; credit counts in part.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, not_, select

from services.billing.charging import paid_time, rollups
from services.billing.charging.bulk import NOTHING, Sums
from services.billing.charging.charges import Taking, take
from services.billing.charging.contributions import contributions
from services.billing.charging.standing import (
    IS_BEHIND,
    IS_ONGOING,
    IS_PAID,
    IS_PLACED,
    WAITS_FOR_MONEY,
    charge_of,
    has_paid_time,
)
from services.billing.ledger.wallets import available
from services.billing.models.charging import Subscription
from services.billing.models.ledger import EntryKind, Wallet
from services.billing.parties.companies import time_zone_of
from shared.contracts.billing.charging import ChargeKind
from shared.contracts.inventory.services import Period
from shared.rpc.change import Change

BATCH = 1_000
MOST_PERIODS = 1_000
"""Of one service in one transaction."""


def payable(wallet: Wallet, *which: ColumnElement[bool]) -> Select[Subscription]:
    """Services that a wallet pays, in the order in which it does: `BATCH` at most."""
    return (
        select(Subscription)
        .where(
            Subscription.company_id == wallet.company_id,
            Subscription.currency == wallet.currency,
            *which,
        )
        .order_by(
            Subscription.suspended_at.nulls_last(),
            Subscription.overdue_since.nulls_last(),
            Subscription.paid_through,
            Subscription.service_id,
        )
        .limit(BATCH)
    )


@dataclass
class Allocation:
    """What is left of a locked wallet, and what it pays for.

    ``lacking`` is what could not be paid; ``has_looked``, whether all that waits for
    money has been looked at.
    """

    change: Change
    wallet: Wallet
    lacking: Decimal = Decimal(0)
    has_looked: bool = False
    has_changed: bool = False
    sums: Sums = NOTHING
    _spent: Decimal = Decimal(0)
    _takings: list[Taking] = field(default_factory=list)
    _before: list[rollups.Contribution] = field(default_factory=list)
    _after: list[rollups.Contribution] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.zone: ZoneInfo = time_zone_of(self.change.db, self.wallet.company_id)

    def pay_overdue(self) -> None:
        """Pay what running services owe already."""
        for service in self._find(IS_ONGOING, IS_BEHIND):
            self._follow(service, self._pay)
        self._post()

    def pay_due(self) -> bool:
        """Pay what became due, or note that it can't be; returns if there is more."""
        is_due = Subscription.paid_through <= self.change.call.now
        found = self._find(IS_ONGOING, is_due, not_(IS_BEHIND))
        for service in found:
            self._follow(service, self._pay)
        self._post()
        return len(found) == BATCH

    def restore(self) -> None:
        """Pay for services suspended for payment: what they owe, and a new period."""
        self.has_looked = True
        waiting = self._find(WAITS_FOR_MONEY, IS_PLACED, not_(IS_PAID))
        for service in waiting:
            self._follow(service, self._restore)
        self._post()

    @property
    def available(self) -> Decimal:
        return max(Decimal(0), available(self.wallet) - self._spent)

    def _find(self, *which: ColumnElement[bool]) -> Sequence[Subscription]:
        # Reload what statements changed in sets.
        self.change.db.flush()
        found = payable(self.wallet, *which)
        return self.change.db.scalars(
            found.execution_options(populate_existing=True)
        ).all()

    def _pay(self, service: Subscription) -> Decimal:
        """Pay as much of a running service as there is; returns what is lacking."""
        now, charge = self.change.call.now, charge_of(service)
        begun = paid_time.begun_periods(service, now, self.zone)
        begun = min(begun, MOST_PERIODS)
        # What a new price took off used time is off its charges; it is never paid out.
        service.owed = max(service.owed, -begun * charge)
        if service.owed and service.owed + begun * charge <= self.available:
            self._take_owed(service, service.paid_through or now)
        number = self._affordable(service, begun, charge)
        for _ in range(number):
            self._take_period(service, charge)
        rest = service.owed + (begun - number) * charge
        service.unpaid_periods = begun - number
        if rest:
            service.overdue_since = service.overdue_since or now
        else:
            service.overdue_since = service.told_at = None
        return rest

    def _affordable(self, service: Subscription, begun: int, charge: Decimal) -> int:
        """How many of the periods begun can be paid, once nothing else is owed."""
        if service.owed:
            return 0
        if not charge:
            return begun
        return min(begun, int(self.available // charge))

    def _take_period(self, service: Subscription, charge: Decimal) -> None:
        begins = service.paid_through
        assert begins is not None
        number = service.paid_periods + 1
        is_once = service.period is Period.ONCE
        ends = begins if is_once else paid_time.edge_of(service, number, self.zone)
        self._take(service, ChargeKind.CHARGE, begins, ends, charge)
        service.paid_from, service.paid_periods = begins, number
        service.paid_through = None if is_once else ends
        service.is_charged = True

    def _take_owed(self, service: Subscription, until: datetime) -> None:
        since, kind = service.owed_since or until, paid_time.owed_kind(service)
        self._take(service, kind, since, max(since, until), service.owed)
        service.owed, service.owed_since = Decimal(0), None

    def _restore(self, service: Subscription) -> Decimal:
        charge = charge_of(service)
        wants_period = not has_paid_time(service)
        cost = service.owed + (charge if wants_period else 0)
        if cost > self.available:
            return cost
        assert service.suspended_at is not None
        if service.owed:
            self._take_owed(service, service.suspended_at)
        if wants_period:
            self._start_period_now(service, charge)
        service.told_at = None
        return Decimal(0)

    def _start_period_now(self, service: Subscription, charge: Decimal) -> None:
        """Charge a period from now on: the suspension is over as far as time goes."""
        now = self.change.call.now
        assert service.suspended_at is not None
        if service.period is not Period.ONCE:
            paid_time.anchor_at(service, now)
        self._take_period(service, charge)
        slept = now - service.suspended_at
        service.suspended_us += max(0, slept // paid_time.MICROSECOND)
        service.suspended_at = now

    def _take(
        self,
        service: Subscription,
        kind: ChargeKind,
        begins: datetime,
        ends: datetime,
        amount: Decimal,
    ) -> None:
        self._takings.append(Taking(service, kind, begins, ends, amount))
        self._spent += amount

    def _follow(
        self, service: Subscription, pay: Callable[[Subscription], Decimal]
    ) -> None:
        """Pay, and move what the service adds to the roll-ups."""
        before = list(contributions(service, self.zone))
        self.lacking += pay(service)
        self._before += before
        self._after += contributions(service, self.zone)

    def _post(self) -> None:
        """Write down what has been paid, and read the balance that is left."""
        change, takings = self.change, self._takings
        rollups.replace(change.db, self._before, self._after)
        take(change, self.wallet, EntryKind.CHARGE, takings)
        change.db.flush()
        if any(each.amount for each in takings):
            self.has_changed = True
            change.db.refresh(self.wallet)
        periods = sum(each.kind is ChargeKind.CHARGE for each in takings)
        services = len({each.service.service_id for each in takings})
        self.sums = Sums(
            self.sums.services + services,
            self.sums.periods + periods,
            self.sums.amount + self._spent,
        )
        self._before, self._after, self._takings = [], [], []
        self._spent = Decimal(0)
