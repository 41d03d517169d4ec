"""What charging should do, in plain Python: one wallet, and a few services.

Independent of the code: its own calendar and sums, no database, no events. Whatever
happens, happens at once, at the moment that the clock shows.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)
GRACE = timedelta(hours=72)
AT_ONCE = 24
"""So many periods are caught up in one go, as long as there is money for all."""

_NOTHING = Decimal(0)
_UNIT = Decimal("0.000001")
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}


def edge(anchor: datetime, period: str, number: int, zone: ZoneInfo) -> datetime:
    """When the ``number``-th period after the anchor ends."""
    if period == "hour":
        return anchor + number * HOUR
    wall = anchor.astimezone(zone).replace(tzinfo=None)
    if period in _DAYS:
        wall += timedelta(days=number * _DAYS[period])
    else:
        year, month = divmod(wall.month - 1 + number * _MONTHS[period], 12)
        year, month = wall.year + year, month + 1
        day = min(wall.day, monthrange(year, month)[1])
        wall = wall.replace(year=year, month=month, day=day)
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def rounded(exact: Fraction) -> Decimal:
    """Half up to six places; what is rounded here is never negative."""
    return Decimal(int(exact * 10**6 + Fraction(1, 2))) * _UNIT


@dataclass
class Service:
    """Paid up to `due`, ``count`` periods after the anchor.

    ``paid`` is the last period that was charged, ``runs`` all time in which it ran.
    It ``is_displaced`` when a suspension moved time that was used and not paid.
    """

    id: UUID
    number: int
    period: str
    price: Decimal
    zone: ZoneInfo
    state: str = "pending"
    reason: str | None = None
    ends: str | None = None
    anchor: datetime | None = None
    count: int = 0
    paid: tuple[datetime, datetime] | None = None
    is_settled: bool = False
    owed: Decimal = _NOTHING
    overdue_since: datetime | None = None
    stopped_at: datetime | None = None
    is_displaced: bool = False
    runs: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    charges: list[tuple[datetime, datetime, Decimal]] = field(default_factory=list)

    @property
    def charge(self) -> Decimal:
        return self.price.quantize(_UNIT, ROUND_HALF_UP)

    @property
    def due(self) -> datetime | None:
        """When its next period begins; None when pending, or once and paid."""
        return None if self.is_settled or not self.anchor else self.edge(0)

    @property
    def is_to_end(self) -> bool:
        """With its period; what is to end at once is charged until that is done."""
        return self.ends == "end_of_period"

    @property
    def is_charged_for(self) -> bool:
        return self.state == "active" and not self.is_to_end

    def edge(self, ahead: int) -> datetime:
        assert self.anchor is not None
        if self.count + ahead == 0:
            return self.anchor
        return edge(self.anchor, self.period, self.count + ahead, self.zone)

    def begun(self, now: datetime) -> int:
        """How many periods have begun and are not paid."""
        if self.due is None or self.due > now:
            return 0
        number = 1
        while self.period != "once" and self.edge(number) <= now:
            number += 1
        return number

    def used(self, until: datetime) -> Fraction:
        """How many periods were used and not paid."""
        begun = self.begun(until)
        if not begun or self.period == "once":
            return Fraction(0)
        begins, ends = self.edge(begun - 1), self.edge(begun)
        return begun - 1 + _hours(until - begins) / _hours(ends - begins)

    def unused(self, at: datetime) -> Fraction:
        """What part of the last period charged is left."""
        if self.paid is None or self.paid[1] <= at:
            return Fraction(0)
        begins, ends = self.paid
        return _hours(ends - max(begins, at)) / _hours(ends - begins)

    def cost(self, share: Fraction) -> Decimal:
        return rounded(Fraction(self.charge) * share)

    def is_restored(self) -> bool:
        """Whether one suspended for payment has all it takes to go on."""
        assert self.stopped_at is not None
        is_ahead = self.paid is not None and self.paid[1] > self.stopped_at
        return not self.owed and (self.is_settled or is_ahead)

    def take_period(self) -> None:
        begins = self.edge(0)
        self.is_settled = self.period == "once"
        ends = begins if self.is_settled else self.edge(1)
        self.charges.append((begins, ends, self.charge))
        if not self.is_settled:
            self.paid = begins, ends
            self.count += 1

    def owe(self, until: datetime) -> None:
        """What was used and not paid becomes a sum, and time stands still."""
        self.overdue_since = None
        if self.due is not None and self.due < until and self.period != "once":
            self.owed += self.cost(self.used(until))
            self.anchor, self.count, self.paid = until, 0, None

    def wake(self, now: datetime) -> None:
        """Move time by the suspension that is over."""
        slept = now - (self.stopped_at or now)
        if slept and self.due is not None and self.period != "once":
            self.anchor, self.count = self.due + slept, 0
            if self.paid:
                self.paid = self.paid[0] + slept, self.paid[1] + slept

    def start(self, now: datetime) -> None:
        self.state, self.reason, self.stopped_at = "active", None, None
        self.runs.append((now, None))

    def stop(self, now: datetime, state: str, reason: str | None = None) -> None:
        self.overdue_since = None
        if self.state == "active":
            self.runs[-1] = self.runs[-1][0], now
            self.stopped_at = now
        self.state, self.reason = state, reason


@dataclass
class Model:
    zone: ZoneInfo
    balance: Decimal = _NOTHING
    credit: Decimal = _NOTHING
    services: list[Service] = field(default_factory=list)
    _version: int = 0
    _short: tuple[int, datetime] | None = None
    """The wallet's version, and when it was found short last."""

    @property
    def available(self) -> Decimal:
        return max(_NOTHING, self.balance + self.credit)

    def pay_in(self, amount: Decimal) -> None:
        self.balance += amount
        self._version += 1

    def allow(self, credit: Decimal) -> None:
        self.credit = credit
        self._version += 1

    def activate(self, service: Service, now: datetime) -> None:
        service.anchor = now
        service.start(now)

    def suspend(self, service: Service, now: datetime) -> None:
        service.is_displaced |= bool(service.begun(now))
        service.stop(now, "suspended", "policy")

    def resume(self, service: Service, now: datetime) -> None:
        """Paid time, and the time that is to be paid, move by the suspension."""
        service.wake(now)
        service.start(now)

    def mark(self, service: Service, when: str, now: datetime) -> None:
        service.ends = when
        if service.is_to_end:
            service.owe(service.stopped_at or now)

    def withdraw(self, service: Service) -> None:
        service.ends = None

    def terminate(self, service: Service, now: datetime) -> None:
        service.wake(now)
        if not service.is_to_end:
            service.owe(now)
        unused = service.cost(service.unused(now))
        if unused:
            self.pay_in(unused)
        if service.owed and service.owed <= self.available:
            self.pay_in(-service.owed)
        service.owed = _NOTHING
        service.stop(now, "terminated")

    def change_price(self, service: Service, price: Decimal, now: datetime) -> None:
        """The rest of paid time costs the new price; what was used, the old one."""
        until = service.stopped_at or now
        ahead, behind = service.unused(until), Fraction(0)
        if service.anchor and not service.is_to_end:
            behind = service.used(until)
        before = service.cost(ahead), service.cost(behind)
        service.price = price
        after = service.cost(ahead), service.cost(behind)
        service.owed += before[1] - after[1]
        difference = after[0] - before[0]
        if difference > self.available:
            service.owed += difference
        elif difference:
            self.pay_in(-difference)

    def run_job(self, now: datetime) -> None:
        if self._fresh(now) or (self._may_look(now) and self._waits()):
            while self._turn(now):
                pass
        late = [each for each in self._late() if self._is_past_grace(each, now)]
        waiting = [each for each in self.services if each.reason == "payment"]
        paid = [each for each in waiting if each.is_restored()]
        over = [each for each in self.services if _is_over(each, now)]
        for each in late:
            each.owe(now)
            each.stop(now, "suspended", "payment")
        for each in paid:
            self.resume(each, now)
        for each in over:
            self.terminate(each, now)

    def _turn(self, now: datetime) -> bool:
        """Charge what there is; returns whether there may be more."""
        before, looks = self.balance, self._may_look(now)
        is_short, more = False, False
        if looks:
            is_short = self._pay(self._late(), now)
        if not is_short:
            more = self._pay_all(now)
        if not more:
            is_short |= self._pay(self._fresh(now), now)
            if looks and not is_short:
                is_short = self._restore(now)
        self._version += self.balance != before
        if is_short:
            self._short = self._version, now
        elif looks and not more:
            self._short = None
        return more

    def _pay_all(self, now: datetime) -> bool:
        """Charge what is due, if there is money for all of it."""
        due = [(each, min(each.begun(now), AT_ONCE)) for each in self._fresh(now)]
        total = sum((each.charge * number for each, number in due), _NOTHING)
        if total > self.available:
            return False
        for each, number in due:
            for _ in range(number):
                each.take_period()
        self.balance -= total
        return sum(number - 1 for _, number in due) >= AT_ONCE - 1

    def _pay(self, services: Iterable[Service], now: datetime) -> bool:
        """Each pays what it can, the oldest first; returns if something is lacking."""
        is_short = False
        for each in services:
            begun = each.begun(now)
            if each.owed + begun * each.charge <= self.available:
                self.balance -= each.owed
                each.owed = _NOTHING
            while begun and not each.owed and each.charge <= self.available:
                self.balance -= each.charge
                each.take_period()
                begun -= 1
            lacks = bool(each.owed + begun * each.charge)
            each.overdue_since = (each.overdue_since or now) if lacks else None
            is_short |= lacks
        return is_short

    def _restore(self, now: datetime) -> bool:
        """Pay what was used before the suspension, and a new period from now on."""
        is_short = False
        for each in self._suspended():
            if each.is_restored():
                continue
            assert each.stopped_at is not None
            is_ahead = each.paid is not None and each.paid[1] > each.stopped_at
            wants_period = not (is_ahead or each.is_settled)
            cost = each.owed + (each.charge if wants_period else 0)
            if cost > self.available:
                is_short = True
                continue
            self.balance -= cost
            each.owed = _NOTHING
            if wants_period:
                if each.period != "once":
                    each.anchor, each.count = now, 0
                each.take_period()
                each.stopped_at = now
        return is_short

    def _may_look(self, now: datetime) -> bool:
        """One that is short is looked at when it has changed, or after an hour."""
        if self._short is None or self._short[0] != self._version:
            return True
        return self._short[1] <= now - HOUR

    def _waits(self) -> bool:
        waiting = [each for each in self._suspended() if not each.is_restored()]
        return bool(waiting or self._late())

    def _fresh(self, now: datetime) -> list[Service]:
        """What is due and was not found short before, the oldest first."""
        return sorted(
            (
                each
                for each in self.services
                if each.is_charged_for
                and each.begun(now)
                and not (each.owed or each.overdue_since)
            ),
            key=_age,
        )

    def _late(self) -> list[Service]:
        return sorted(
            (
                each
                for each in self.services
                if each.is_charged_for and (each.owed or each.overdue_since)
            ),
            key=_age,
        )

    def _suspended(self) -> list[Service]:
        return sorted(
            (
                each
                for each in self.services
                if each.reason == "payment" and not each.is_to_end
            ),
            key=_age,
        )

    def _is_past_grace(self, service: Service, now: datetime) -> bool:
        since = service.overdue_since
        return since is not None and since <= now - GRACE


def _age(service: Service) -> tuple[datetime, datetime, datetime, int]:
    """Who comes first: who waits the longest, or was ordered first."""
    never = datetime.max.replace(tzinfo=UTC)
    return (
        service.stopped_at or never,
        service.overdue_since or never,
        service.due or never,
        service.number,
    )


def _is_over(service: Service, now: datetime) -> bool:
    """Whether one that was to end with its period has come to that end."""
    if not service.is_to_end:
        return False
    if service.state == "active":
        return service.due is None or service.due <= now
    return service.reason == "payment" and not service.is_restored()


def _hours(span: timedelta) -> Fraction:
    return Fraction(span // timedelta(microseconds=1), 3_600_000_000)
