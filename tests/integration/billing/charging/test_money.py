"""Nobody is given money that was not paid, whatever is done, and in which order.

Both invariants of charging are asserted after every step. What was used is counted
here, second by second; all else is read from the database.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from services.billing.gateways.gateway import Outcome, Report
from services.billing.payments import reports
from services.billing.refunds import lifecycle
from shared.contracts import billing
from shared.contracts.billing.wallets import AdjustmentKind
from shared.contracts.inventory.services import (
    Period,
    SuspensionReason,
    TerminationTime,
)
from shared.errors import Conflict
from shared.money import Money
from shared.operator import Operator
from shared.principal import system
from shared.rpc.call import Call
from shared.rpc.change import Change
from tests.fixtures.billing.subscriber import Subscriber
from tests.fixtures.installations import Installation
from tests.fixtures.properties import over_database
from tests.fixtures.sellers import SELLERS

# July and August have 31 days: until the end of August, each period has one length.
BEGIN = datetime(2026, 7, 1, 10, 30, tzinfo=UTC)
END = BEGIN + timedelta(days=59)
LENGTHS = {
    Period.HOUR: timedelta(hours=1),
    Period.DAY: timedelta(days=1),
    Period.WEEK: timedelta(days=7),
    Period.MONTH: timedelta(days=31),
    Period.YEAR: timedelta(days=365),
}
STEPS = (
    timedelta(),
    timedelta(minutes=20),
    timedelta(hours=1),
    timedelta(hours=8, seconds=7),
    timedelta(days=1),
    timedelta(days=3, hours=1),
    timedelta(days=11),
)
CHEAP = ("0", "0.0000015", "0.333333333333", "10", "30")
DEAR = ("54", "400", "3000")
PLANS = ("s", "m", "free")
MOST_SERVICES = 3
UNIT = Decimal("0.000001")

_numbers = count(1)

amounts = st.sampled_from(["0.01", "5", "33.33", "400"])
chances = st.integers(0, 99)


class Life(RuleBasedStateMachine):
    """A company, its wallet and its services."""

    def __init__(self, site: Installation) -> None:
        super().__init__()
        site.clock.move_to(BEGIN)
        key = site.var / "keys" / "operator.key"
        site.operator = Operator(site.client, key, site.clock, "tester")
        self.subscriber = Subscriber(site, f"life-{next(_numbers)}@example.com")
        self.periods: dict[UUID, Period] = {}
        self.used: defaultdict[UUID, Fraction] = defaultdict(Fraction)
        self.paid_in = Decimal(0)
        self.top_ups: list[billing.top_ups.TopUp] = []

    @property
    def now(self) -> datetime:
        return self.subscriber.site.clock.now()

    @initialize(period=st.sampled_from(list(LENGTHS)))
    def order_the_first(self, period: Period) -> None:
        self._adjust(Decimal(30), AdjustmentKind.CORRECTION)
        self.order(period, "30")

    @precondition(lambda self: self.now < END)
    @rule(step=st.sampled_from(STEPS), has_job=chances.map(lambda n: n < 85))
    def pass_time(self, step: timedelta, *, has_job: bool) -> None:
        until = min(self.now + step, END)
        for service in self._services():
            self._use(service, until)
        self.subscriber.site.clock.move_to(until)
        if has_job:
            self.subscriber.charge()

    @precondition(lambda self: len(self._living()) < MOST_SERVICES)
    @rule(period=st.sampled_from(Period), price=st.sampled_from(CHEAP))
    def order(self, period: Period, price: str) -> None:
        service = self.subscriber.order("s", period, price)
        self.periods[service] = period
        self.subscriber.charge()

    @precondition(lambda self: self._living())
    @rule(which=chances, price=st.sampled_from(DEAR))
    def raise_price(self, which: int, price: str) -> None:
        self.subscriber.change_price(self._one(which), price)

    @precondition(lambda self: self._living())
    @rule(which=chances, price=st.sampled_from(CHEAP))
    def lower_price(self, which: int, price: str) -> None:
        self.subscriber.change_price(self._one(which), price)

    @precondition(lambda self: self._living())
    @rule(which=chances, plan=st.sampled_from(PLANS))
    def change_plan(self, which: int, plan: str) -> None:
        self.subscriber.change_plan(self._one(which), plan)

    @precondition(lambda self: self._living())
    @rule(which=chances, reason=st.sampled_from(SuspensionReason))
    def suspend_or_resume(self, which: int, reason: SuspensionReason) -> None:
        service = self._one(which)
        if self.subscriber.service(service).state.value == "suspended":
            self.subscriber.resume(service)
        else:
            self.subscriber.suspend(service, reason)

    @precondition(lambda self: self._living())
    @rule(which=chances, time=st.sampled_from(TerminationTime))
    def ask_for_the_end_or_withdraw(self, which: int, time: TerminationTime) -> None:
        service = self._one(which)
        if self.subscriber.service(service).termination_request:
            self.subscriber.withdraw_end(service)
        else:
            self.subscriber.request_end(service, time)

    @precondition(lambda self: self._living())
    @rule(which=chances)
    def terminate(self, which: int) -> None:
        self.subscriber.terminate(self._one(which))

    @rule(amount=amounts, kind=st.sampled_from(AdjustmentKind), has_job=st.booleans())
    def pay_in(self, amount: str, kind: AdjustmentKind, *, has_job: bool) -> None:
        self._adjust(Decimal(amount), kind)
        if has_job:
            self.subscriber.charge()

    @rule(part=st.sampled_from([Decimal(1), Decimal("0.5"), Decimal(2)]))
    def empty_the_wallet(self, part: Decimal) -> None:
        amount = round(self.subscriber.balance * part, 2)
        if amount > 0:
            self._adjust(-amount, AdjustmentKind.CORRECTION)

    @rule(limit=st.sampled_from(["0", "0", "20"]))
    def allow(self, limit: str) -> None:
        self.subscriber.allow(limit)

    @rule(net=st.sampled_from(["10", "45"]))
    def top_up(self, net: str) -> None:
        if self.subscriber.balance > 4000:
            return
        try:
            begun = self.subscriber.begin_top_up(net)
        except Conflict:
            return
        self.subscriber.pay_by_bank(begun)
        self.subscriber.settle()
        self.top_ups.append(begun)
        self.paid_in += Decimal(net)

    @precondition(lambda self: self.top_ups)
    @rule(part=st.sampled_from([None, "7.00"]))
    def refund(self, part: str | None) -> None:
        before = self.subscriber.balance
        with self._change() as change:
            request = billing.top_ups.RefundTopUp(
                top_up_id=self.top_ups.pop().id,
                net=Money(part, "EUR") if part else None,
                reason="as asked",
            )
            try:
                given = lifecycle.refund(change, request)
            except Conflict:
                return
        self.paid_in -= given.net.amount
        assert before >= given.net.amount

    @precondition(lambda self: self.top_ups)
    @rule()
    def charge_back(self) -> None:
        top_up = self.top_ups.pop()
        with self._change() as change:
            payment = change.db.execute(
                text("SELECT * FROM payments WHERE top_up_id = :id"),
                {"id": top_up.id},
            ).one()
            report = Report(
                payment.id, payment.transaction, Outcome.CHARGED_BACK, top_up.gross
            )
            reports.book_reports(change, SELLERS, [report])
        self.paid_in -= top_up.net.amount

    @invariant()
    def no_service_is_given_what_it_was_not_charged(self) -> None:
        charged = {row.service_id: row for row in self._rows(_CHARGED)}
        for service in self._services():
            row = charged.get(service.service_id)
            got, back, rows = row[1:] if row else (0, 0, 0)
            unit = UNIT * (rows + 3)
            assert back <= got + unit, service
            known = got - back + service.owed + service.written_off
            used = self.used[service.service_id]
            assert Fraction(known + unit) + self._behind(service) >= used, service

    @invariant()
    def the_wallet_has_what_came_in_and_was_not_charged(self) -> None:
        net = sum((row.got - row.back for row in self._rows(_CHARGED)), Decimal(0))
        assert self.subscriber.balance == self.paid_in - net

    def teardown(self) -> None:
        try:
            assert self.subscriber.differences() == []
        finally:
            for service in self._living():
                self.subscriber.terminate(service.service_id)

    def _use(self, service: Any, until: datetime) -> None:
        """Count what it uses from now on; what is to end is free beyond paid time."""
        length = LENGTHS.get(self.periods[service.service_id])
        if service.state != "active" or length is None:
            return
        if service.ends and service.paid_through:
            until = max(self.now, min(until, service.paid_through))
        used = _share(until - self.now, length)
        self.used[service.service_id] += used * Fraction(service.charge)

    def _behind(self, service: Any) -> Fraction:
        """What was used and not paid, and is no fixed sum yet."""
        length = LENGTHS.get(self.periods[service.service_id])
        is_fixed = service.ends or service.suspension_reason == "payment"
        is_over = service.state == "terminated"
        if length is None or is_fixed or is_over or service.paid_through is None:
            return Fraction(0)
        behind = (service.suspended_at or self.now) - service.paid_through
        return max(Fraction(0), _share(behind, length)) * Fraction(service.charge)

    def _adjust(self, amount: Decimal, kind: AdjustmentKind) -> None:
        self.subscriber.book(f"{amount:f}", kind)
        self.subscriber.settle()
        self.paid_in += amount

    def _one(self, which: int) -> UUID:
        living = self._living()
        found: UUID = living[which % len(living)].service_id
        return found

    def _living(self) -> list[Any]:
        return [each for each in self._services() if each.state != "terminated"]

    def _services(self) -> list[Any]:
        return self._rows(_SERVICES)

    def _rows(self, statement: str) -> list[Any]:
        with self.subscriber.database.system() as session:
            values = {"company": self.subscriber.company_id}
            return list(session.execute(text(statement), values))

    @contextmanager
    def _change(self) -> Iterator[Change]:
        runtime = self.subscriber.billing_service.runtime
        with self.subscriber.database.system() as session:
            yield Change(session, runtime, Call(system("test"), "", self.now))
        self.subscriber.settle()


_SERVICES = """
SELECT *, round(price, 6) AS charge, (
    SELECT coalesce(sum(amount), 0) FROM write_offs
    WHERE write_offs.service_id = subscriptions.service_id
) AS written_off FROM subscriptions WHERE company_id = :company
ORDER BY activated_at, service_id
"""
_CHARGED = """
SELECT service_id, coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS got,
    coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS back, count(*) AS rows
FROM charges WHERE company_id = :company GROUP BY service_id
"""


def _share(part: timedelta, whole: timedelta) -> Fraction:
    microsecond = timedelta(microseconds=1)
    return Fraction(part // microsecond, whole // microsecond)


@pytest.mark.property
def test_no_money_comes_out_of_nothing(site: Installation) -> None:
    class LifeHere(Life):
        def __init__(self) -> None:
            super().__init__(site)

    quick = settings(over_database(3), stateful_step_count=20)
    run_state_machine_as_test(LifeHere, settings=quick)
