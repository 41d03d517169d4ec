"""Whatever happens to services that go to and fro, the books are right."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from shared.contracts import inventory
from shared.contracts.billing.handovers import (
    ACCEPT_HANDOVER,
    OFFER_SERVICE,
    HandoverRequest,
    OfferService,
)
from shared.contracts.identity.memberships import Role
from shared.contracts.inventory.services import Period
from shared.errors import Conflict, NotFound
from tests.fixtures.billing.subscriber import Subscriber
from tests.fixtures.installations import Installation
from tests.fixtures.properties import over_database

STEPS = (
    timedelta(hours=5),
    timedelta(days=1, minutes=3),
    timedelta(days=11),
    timedelta(days=31),
)
WHAT = st.one_of(
    st.tuples(st.just("pass"), st.sampled_from(STEPS)),
    st.tuples(st.just("hand_over"), st.booleans()),
    st.tuples(st.just("hand_over"), st.booleans()),
    st.tuples(st.just("price"), st.sampled_from(("3.333333", "10", "29.99", "0"))),
    st.tuples(st.just("pay_in"), st.sampled_from(("15", "120"))),
    st.tuples(st.sampled_from(("charge", "suspend", "resume", "end")), st.none()),
)


class Play:
    """Two companies, and a service that one of them orders."""

    def __init__(self, site: Installation, number: int, period: Period) -> None:
        zones = ("Europe/Berlin", "America/New_York")
        self.companies = [
            Subscriber(site, f"{side}{number}@example.com", time_zone=zone)
            for side, zone in enumerate(zones)
        ]
        for each in self.companies:
            each.pay_in("60")
        self.service = self.companies[0].order("s", period)
        self.companies[0].charge()

    @property
    def owner(self) -> Subscriber:
        with self.companies[0].database.system() as db:
            found = db.scalar(
                text("SELECT company_id FROM subscriptions WHERE service_id = :id"),
                {"id": self.service},
            )
        return next(each for each in self.companies if each.company_id == found)

    def do(self, what: str, how: object) -> None:
        owner = self.owner
        match what, how:
            case "pass", timedelta() as step:
                owner.pass_time(seconds=step.total_seconds())
            case "hand_over", bool(is_late):
                self.hand_over(owner, is_late=is_late)
            case "price", str(price):
                owner.change_price(self.service, price)
            case "pay_in", str(amount):
                owner.pay_in(amount)
            case "charge", _:
                owner.charge()
            case "suspend", _:
                owner.suspend(self.service)
            case "resume", _:
                owner.resume(self.service)
            case "end", _:
                owner.terminate(self.service)

    def hand_over(self, giver: Subscriber, *, is_late: bool) -> None:
        """Hand it over; ``is_late``: time passes before billing hears of it."""
        receiver = next(each for each in self.companies if each is not giver)
        before = [each.balance for each in self.companies]
        offer = OfferService(service_id=self.service, receiver_id=receiver.company_id)
        offered = giver.call_as(Role.OWNER, OFFER_SERVICE, offer)
        answer = HandoverRequest(handover_id=offered.id)
        receiver.call_as(Role.OWNER, ACCEPT_HANDOVER, answer)
        if is_late:
            giver.pass_time(days=2)
        receiver.settle()
        assert self.owner is receiver
        if not is_late:
            assert [each.balance for each in self.companies] == before


@given(
    period=st.sampled_from((Period.HOUR, Period.DAY, Period.WEEK, Period.MONTH)),
    steps=st.lists(WHAT, min_size=6, max_size=14),
)
@over_database(4)
def test_the_books_are_right_whatever_is_handed_over(
    site: Installation,
    period: Period,
    steps: list[tuple[str, object]],
) -> None:
    number = len(site.user_ids)
    play = Play(site, number, period)
    for what, how in steps:
        try:
            play.do(what, how)
        except (Conflict, NotFound):
            continue  # It stands in the way, or the service has ended.

    assert play.owner.differences() == [], steps
    check_services(play)


def check_services(play: Play) -> None:
    """No service was given back more than it was charged, by both together."""
    with play.companies[0].database.system() as db:
        net = db.scalar(
            text("SELECT coalesce(sum(amount), 0) FROM charges WHERE service_id = :id"),
            {"id": play.service},
        )
    assert isinstance(net, Decimal)
    assert net >= 0
    verified = play.owner.operate(
        inventory.upkeep.VERIFY_COUNTERS, inventory.upkeep.VerifyCounters()
    )
    assert verified.differences == []
