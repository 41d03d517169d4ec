"""A company that moves to another time zone: no period is charged twice, none skipped.

What is paid stays paid, to the moment; what follows goes by the new zone's calendar.
"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from shared.contracts.inventory.services import Period, SuspensionReason
from tests.fixtures.billing.subscriber import Subscriber

ZONES = (
    "Europe/Berlin",
    "Pacific/Kiritimati",
    "America/Los_Angeles",
    "Pacific/Pago_Pago",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "America/Havana",
    "Asia/Kathmandu",
)
"""Some that are a day apart, and some whose clocks change on different days."""

CALENDAR = (Period.HOUR, Period.DAY, Period.WEEK, Period.MONTH, Period.YEAR)
LONGEST = {
    Period.HOUR: timedelta(hours=1),
    Period.DAY: timedelta(hours=25),
    Period.WEEK: timedelta(days=7, hours=1),
    Period.MONTH: timedelta(days=31, hours=1),
    Period.YEAR: timedelta(days=366, hours=1),
}


@pytest.mark.parametrize(
    ("began", "days"),
    [
        # Before clocks change in Europe, and on a month's last evening.
        (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), 2.3),
        (datetime(2026, 10, 31, 23, 30, tzinfo=UTC), 11),
    ],
)
def test_moving_again_and_again_charges_all_of_the_time_once(
    subscriber: Subscriber, began: datetime, days: float
) -> None:
    subscriber.pay_in("4000")
    subscriber.site.clock.move_to(began)
    services = {period: subscriber.order("s", period) for period in CALENDAR[1:]}
    services[Period.HOUR] = subscriber.order("s", Period.HOUR, "0.01")
    once = subscriber.order("s", Period.ONCE)

    for zone in ZONES:
        subscriber.charge()
        subscriber.live_in(zone)
        subscriber.charge()
        subscriber.pass_time(days=days)
    subscriber.charge()

    for period, service in services.items():
        _is_charged_without_gap(subscriber, service, period, began)
    assert len(subscriber.charged_times(once)) == 1
    assert subscriber.differences() == []


def test_moving_while_a_service_is_overdue_charges_what_it_used_once(
    subscriber: Subscriber,
) -> None:
    service = subscriber.order("s", Period.DAY)
    began = subscriber.site.clock.now()
    subscriber.charge()
    for zone in ZONES[:2]:
        subscriber.live_in(zone)
        subscriber.pass_time(days=1)
        subscriber.charge()

    subscriber.pay_in("100")
    subscriber.charge()
    subscriber.pass_time(days=3)
    subscriber.charge()

    _is_charged_without_gap(subscriber, service, Period.DAY, began)
    assert subscriber.differences() == []


def test_moving_while_a_service_is_suspended_keeps_the_time_it_has_paid(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("100")
    service = subscriber.order("s", Period.WEEK)
    subscriber.charge()
    subscriber.pass_time(days=2)
    subscriber.suspend(service, SuspensionReason.POLICY)
    for zone in ZONES[:3]:
        subscriber.live_in(zone)
        subscriber.pass_time(days=1)

    subscriber.resume(service)
    subscriber.charge()
    subscriber.pass_time(days=4, hours=23)
    subscriber.charge()
    assert subscriber.balance == 90

    subscriber.pass_time(hours=1)
    subscriber.charge()
    assert subscriber.balance == 80
    assert subscriber.differences() == []


def test_a_service_brought_over_is_charged_from_its_next_edge_in_the_new_zone(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("100")
    service = subscriber.order_unheard("s", Period.MONTH)
    activated = subscriber.site.clock.now()
    subscriber.pass_time(days=3)
    subscriber.republish()
    for zone in ZONES[:3]:
        subscriber.live_in(zone)
        subscriber.charge()
        subscriber.pass_time(days=1)
    assert subscriber.balance == 100

    subscriber.pass_time(days=40)
    subscriber.charge()

    # Los Angeles puts its clocks forward within that month.
    next_edge = datetime(2026, 4, 2, 8, tzinfo=UTC)
    assert activated == datetime(2026, 3, 2, 9, tzinfo=UTC)
    _is_charged_without_gap(subscriber, service, Period.MONTH, next_edge)
    assert subscriber.differences() == []


def _is_charged_without_gap(
    subscriber: Subscriber, service: UUID, period: Period, began: datetime
) -> None:
    times = subscriber.charged_times(service)
    assert times[0][0] == began
    for (_, ends), (begins, _) in pairwise(times):
        assert begins == ends
    assert times[-1][0] <= subscriber.site.clock.now() < times[-1][1]
    assert all(begins < ends <= begins + LONGEST[period] for begins, ends in times)
