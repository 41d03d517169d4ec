"""Charging against a simple model: whatever is done and whenever, they agree.

Sequences are drawn from seeds, with weights: what matters needs time between two steps.
"""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from launcher.servers.databases import SERVICES
from shared.contract import Method, RequestT, ResponseT
from shared.contracts import billing
from shared.contracts.billing.payments import GatewayName
from shared.contracts.identity.memberships import Role
from shared.contracts.inventory.services import Period, TerminationTime
from shared.db.database import Database
from shared.errors import Conflict
from shared.operator import Operator
from shared.principal import load_private_key
from shared.rpc.client import CallContext, call
from tests.fixtures.billing.charging_model import Model, Service
from tests.fixtures.billing.subscriber import Subscriber, euros
from tests.fixtures.installations import Installation, installation
from tests.fixtures.principals import Principals
from tests.fixtures.properties import over_database
from tests.fixtures.repeating import meant

MOST_SERVICES = 5
PLANS = {"s": Decimal(10), "m": Decimal(25), "free": Decimal(0)}
PRICES = ("0.333333333333", "0.0000015", "7.77", "10", "29.99", "0")

# Just before a month ends, a leap day, or clocks change.
STARTS = (
    ("2028-01-31T11:00", "Europe/Berlin"),
    ("2028-02-28T23:30", "Europe/Berlin"),
    ("2028-03-24T01:30", "Europe/Berlin"),
    ("2027-10-29T00:30", "Europe/Berlin"),
    ("2028-11-04T05:30", "America/New_York"),
    ("2028-09-30T15:45", "Australia/Lord_Howe"),
    ("2027-12-31T23:59", "UTC"),
)
STEPS = (
    timedelta(minutes=20),
    timedelta(hours=1),
    timedelta(hours=7, minutes=11, seconds=13),
    timedelta(days=1),
    timedelta(days=1),
    timedelta(days=3, hours=1),
    timedelta(days=7),
    timedelta(days=31),
)


class InOrder(random.Random):
    """Ids in the order in which they are made, so that ties are broken alike."""

    def __init__(self) -> None:
        self._ids = count(1)
        super().__init__(1)

    def getrandbits(self, k: int, /) -> int:
        return next(self._ids) << 80 if k == 128 else super().getrandbits(k)


class Play:
    """One company's wallet and services, in the code and in the model."""

    def __init__(self, site: Installation, seed: int) -> None:
        self.site = site
        self.seed = seed
        self.chance = random.Random(seed)
        self.told: list[str] = []
        moment, zone = STARTS[seed % len(STARTS)]
        site.clock.move_to(datetime.fromisoformat(moment).replace(tzinfo=UTC))
        keys = site.var / "keys"
        site.operator = Operator(
            site.client, keys / "operator.key", site.clock, "tester"
        )
        self.principals = Principals(self.now, load_private_key(keys / "principal.key"))
        self.subscriber = Subscriber(
            site, f"rent-{uuid4()}@example.com", time_zone=zone
        )
        site.verify(self.subscriber.email)
        self.subscriber.settle()
        self.model = Model(ZoneInfo(zone))
        self.top_ups: list[tuple[billing.top_ups.TopUp, Decimal]] = []

    def play(self, steps: int) -> None:
        """Raises with what was done until then."""
        try:
            for _ in range(3):
                self._order()
            for _ in range(steps):
                self.chance.choices(*zip(*_WEIGHTS.items(), strict=True))[0](self)
                self._compare()
            assert self.subscriber.differences() == []
        except AssertionError as error:
            error.add_note("\n".join([f"Seed {self.seed}:", *self.told]))
            raise
        self._leave()

    @property
    def now(self) -> datetime:
        return self.site.clock.now()

    def pass_time(self) -> None:
        """The job runs afterwards, if it is not down."""
        step = self.chance.choice(STEPS)
        is_down = self.chance.random() < 0.15
        self._tell(f"{step} pass{' without the job' if is_down else ''}")
        self.site.clock.move(step)
        if not is_down:
            self._run_job()

    def move_money(self) -> None:
        amount = self._amount()
        if self.chance.random() < 0.3:
            amount = -amount
        self._tell(f"{amount} are paid in")
        self.subscriber.pay_in(f"{amount:f}")
        self.model.pay_in(amount)
        if self.chance.random() < 0.5:
            self._run_job()

    def set_credit_limit(self) -> None:
        limit = self.chance.randrange(60)
        self._tell(f"{limit} are allowed")
        self.subscriber.allow(str(limit))
        self.model.allow(Decimal(limit))

    def order(self) -> None:
        if len(self.model.services) < MOST_SERVICES:
            self._order()

    def change_state(self) -> None:
        service = self._one_of_them()
        ways = {
            "pending": [self._activate],
            "active": [self._suspend, self._suspend, self._mark, self._terminate],
            "suspended": [self._resume] * 3 + [self._mark, self._terminate],
        }
        way = self.chance.choice(ways[service.state])
        self._tell(f"{service.number}: {way.__name__.strip('_')}")
        way(service)

    def change_price(self) -> None:
        service = self._one_of_them()
        price = self.chance.choice([*PRICES, *PLANS])
        self._tell(f"{service.number}: its price is {price}")
        if price in PLANS:
            self.subscriber.change_plan(service.id, price)
        else:
            self.subscriber.change_price(service.id, price)
        new = PLANS[price] if price in PLANS else Decimal(price)
        self.model.change_price(service, new, self.now)

    def _compare(self) -> None:
        self.the_wallet_is_the_models()
        self.the_services_are_the_models()
        self.what_is_due_and_overdue_is_the_models()
        self.each_charge_is_the_models_and_for_time_of_its_own()

    def the_wallet_is_the_models(self) -> None:
        assert self.subscriber.balance == self.model.balance

    def the_services_are_the_models(self) -> None:
        known = self._rows(
            self.subscriber.inventory_service.database,
            "SELECT id, state, suspension_reason FROM services "
            "WHERE company_id = :company",
        )
        assert {tuple(row) for row in known} == {
            (each.id, each.state, each.reason) for each in self.model.services
        }

    def what_is_due_and_overdue_is_the_models(self) -> None:
        known = self._rows(
            self.subscriber.database,
            "SELECT service_id, paid_through, owed, overdue_since FROM subscriptions "
            "WHERE company_id = :company AND state <> 'terminated'",
        )
        assert {tuple(row) for row in known} == {
            (each.id, each.due, each.owed, each.overdue_since)
            for each in self.model.services
            if each.state != "terminated"
        }

    def each_charge_is_the_models_and_for_time_of_its_own(self) -> None:
        rows = self._rows(
            self.subscriber.database,
            "SELECT * FROM charges WHERE company_id = :company AND kind = 'charge' "
            "ORDER BY starts_at",
        )
        for service in self.model.services:
            found = [
                (row.starts_at, row.ends_at, row.amount)
                for row in rows
                if row.service_id == service.id
            ]
            assert found == [each for each in service.charges if each[2]]
            if not service.is_displaced:
                assert_apart(service, [each[:2] for each in found])

    def _leave(self) -> None:
        """The job is not to find this company's services in the next play."""
        for service in self.model.services:
            if service.state == "pending":
                self.subscriber.cancel(service.id)
            elif service.state != "terminated":
                self.subscriber.terminate(service.id)

    def _run_job(self) -> None:
        before, credit = self.subscriber.balance, self.model.credit
        self.subscriber.charge()
        self.model.run_job(self.now)
        assert self.subscriber.balance >= min(before, -credit)

    def _order(self) -> Service:
        plan = self.chance.choice([*PLANS, "s"])
        period = self.chance.choice(list(Period))
        price = self.chance.choice([None] * 5 + [*PRICES])
        service = Service(
            id=self.subscriber.request(plan, period, price or ""),
            number=len(self.model.services),
            period=period.value,
            price=Decimal(price) if price else PLANS[plan],
            zone=self.model.zone,
        )
        self._tell(f"{service.number}: {service.price} per {service.period} is ordered")
        self.model.services.append(service)
        if self.chance.random() < 0.9:
            self._activate(service)
        return service

    def _activate(self, service: Service) -> None:
        self.subscriber.activate(service.id)
        self.model.activate(service, self.now)

    def _suspend(self, service: Service) -> None:
        self.subscriber.suspend(service.id)
        self.model.suspend(service, self.now)

    def _resume(self, service: Service) -> None:
        self.subscriber.resume(service.id)
        self.model.resume(service, self.now)

    def _mark(self, service: Service) -> None:
        """Ask for its end, or no longer; at once is when the operator does it."""
        if service.ends:
            self.subscriber.withdraw_end(service.id)
            self.model.withdraw(service)
            return
        time = list(TerminationTime)[service.number % 2]
        self.subscriber.request_end(service.id, time)
        self.model.mark(service, time.value, self.now)

    def _terminate(self, service: Service) -> None:
        self.subscriber.terminate(service.id)
        self.model.terminate(service, self.now)

    def top_up(self) -> None:
        net = 10 + self._amount()
        self._tell(f"{net} are topped up")
        ask = billing.top_ups.QuoteTopUp(net=euros(net))
        quote = self._as_owner(billing.top_ups.QUOTE_TOP_UP, ask)
        if quote.problems:
            return
        begin = billing.top_ups.BeginTopUp(
            net=quote.net, digest=quote.digest, gateway=GatewayName.BANK_TRANSFER
        )
        begun = self._as_owner(billing.top_ups.BEGIN_TOP_UP, begin)
        paid = billing.payments.BankCredit(
            transaction=begun.reference, amount=begun.gross, text=begun.reference
        )
        booking = billing.payments.BookBankPayments(credits=[paid])
        self.site.operator.call(billing.payments.BOOK_BANK_PAYMENTS, booking)
        self.subscriber.settle()
        self.model.pay_in(net)
        self.top_ups.append((begun, net))

    def refund(self) -> None:
        """Of the newest top-up, never more than is unspent."""
        if not self.top_ups:
            return
        part = self.chance.choice([None, self._amount()])
        self._tell(f"{part or 'all'} of it is refunded")
        top_up, left = self.top_ups.pop()
        unspent = min(left, max(self.model.balance, Decimal(0)))
        most = unspent.quantize(Decimal("0.01"), ROUND_FLOOR)
        request = billing.top_ups.RefundTopUp(
            top_up_id=top_up.id, net=euros(part) if part else None, reason="as asked"
        )
        if not most or (part and part > most):
            with pytest.raises(Conflict, match="more_than_unspent"):
                self.site.operator.call(billing.top_ups.REFUND_TOP_UP, request)
            return
        method = billing.top_ups.REFUND_TOP_UP
        meant(lambda each: self.site.operator.call(method, each), request)
        self.subscriber.settle()
        self.model.pay_in(-(part or most))

    def _one_of_them(self) -> Service:
        """One that lives; a new one where all are gone."""
        found = [each for each in self.model.services if each.state != "terminated"]
        return self.chance.choice(found or [self._order()])

    def _amount(self) -> Decimal:
        return Decimal(self.chance.randrange(1, 9_000)) / 100

    def _tell(self, what: str) -> None:
        self.told.append(f"{self.now:%Y-%m-%d %H:%M:%S} {what}")

    def _as_owner(
        self, method: Method[RequestT, ResponseT], request: RequestT
    ) -> ResponseT:
        owner = self.principals.user(Role.OWNER, self.subscriber.company_id)
        key = uuid4().hex
        context = CallContext("a-request", owner, idempotency_key=key)
        return call(self.site.client, method, request, context)

    def _rows(self, database: Database, statement: str) -> list[Any]:
        with database.system() as session:
            values = {"company": self.subscriber.company_id}
            return list(session.execute(text(statement), values))


_WEIGHTS: dict[Callable[[Play], None], int] = {
    Play.pass_time: 12,
    Play.move_money: 4,
    Play.top_up: 1,
    Play.refund: 1,
    Play.set_credit_limit: 1,
    Play.order: 2,
    Play.change_state: 6,
    Play.change_price: 4,
}


def assert_apart(service: Service, charged: list[tuple[datetime, datetime]]) -> None:
    """No moment in which it ran is charged twice, and none in which it did not.

    A period takes up running time from its start on, however often it is interrupted.
    """
    taken_until = timedelta(0)
    for begins, ends in charged:
        assert any(
            since <= begins and (until is None or begins <= until)
            for since, until in service.runs
        )
        age = ran_until(service, begins)
        assert age >= taken_until
        taken_until = age + (ends - begins)


def ran_until(service: Service, moment: datetime) -> timedelta:
    spans = [
        min(until or moment, moment) - since
        for since, until in service.runs
        if since < moment
    ]
    return sum(spans, timedelta(0))


@pytest.fixture
def orderly_site(
    new_database: Callable[[str], str], tmp_path: Path
) -> Iterator[Installation]:
    urls = {name: new_database(name) for name in SERVICES}
    with installation(urls, tmp_path, InOrder()) as made:
        yield made


@pytest.mark.timeout(400)
def test_charging_agrees_with_a_simple_model(orderly_site: Installation) -> None:
    for seed in range(len(STARTS)):
        Play(orderly_site, seed).play(16)


@pytest.mark.full
@pytest.mark.timeout(1800)
@over_database(1)
@given(seed=st.integers(100, 2**32))
def test_charging_agrees_with_a_simple_model_for_long(
    orderly_site: Installation, seed: int
) -> None:
    Play(orderly_site, seed).play(40)
