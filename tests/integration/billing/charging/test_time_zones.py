"""A company that moves to another time zone: no period is charged twice, none skipped.

What is paid stays paid, to the moment; what follows goes by the new zone's calendar.
"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from shared.contracts.inventory.services import Period, SuspensionReason
from tests.fixtures.billing.tenant import Tenant

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
    tenant: Tenant, began: datetime, days: float
) -> None:
    tenant.pay_in("4000")
    tenant.site.clock.move_to(began)
    services = {period: tenant.order("s", period) for period in CALENDAR[1:]}
    services[Period.HOUR] = tenant.order("s", Period.HOUR, "0.01")
    once = tenant.order("s", Period.ONCE)

    for zone in ZONES:
        tenant.charge()
        tenant.live_in(zone)
        tenant.charge()
        tenant.pass_time(days=days)
    tenant.charge()

    for period, service in services.items():
        _is_charged_without_gap(tenant, service, period, began)
    assert len(tenant.charged_times(once)) == 1
    assert tenant.differences() == []


def test_moving_while_a_service_is_overdue_charges_what_it_used_once(
    tenant: Tenant,
) -> None:
    service = tenant.order("s", Period.DAY)
    began = tenant.site.clock.now()
    tenant.charge()
    for zone in ZONES[:2]:
        tenant.live_in(zone)
        tenant.pass_time(days=1)
        tenant.charge()

    tenant.pay_in("100")
    tenant.charge()
    tenant.pass_time(days=3)
    tenant.charge()

    _is_charged_without_gap(tenant, service, Period.DAY, began)
    assert tenant.differences() == []


def test_moving_while_a_service_is_suspended_keeps_the_time_it_has_paid(
    tenant: Tenant,
) -> None:
    tenant.pay_in("100")
    service = tenant.order("s", Period.WEEK)
    tenant.charge()
    tenant.pass_time(days=2)
    tenant.suspend(service, SuspensionReason.POLICY)
    for zone in ZONES[:3]:
        tenant.live_in(zone)
        tenant.pass_time(days=1)

    tenant.resume(service)
    tenant.charge()
    tenant.pass_time(days=4, hours=23)
    tenant.charge()
    assert tenant.balance == 90

    tenant.pass_time(hours=1)
    tenant.charge()
    assert tenant.balance == 80
    assert tenant.differences() == []


def test_a_service_brought_over_is_charged_from_its_next_edge_in_the_new_zone(
    tenant: Tenant,
) -> None:
    tenant.pay_in("100")
    service = tenant.order_unheard("s", Period.MONTH)
    activated = tenant.site.clock.now()
    tenant.pass_time(days=3)
    tenant.republish()
    for zone in ZONES[:3]:
        tenant.live_in(zone)
        tenant.charge()
        tenant.pass_time(days=1)
    assert tenant.balance == 100

    tenant.pass_time(days=40)
    tenant.charge()

    # Los Angeles puts its clocks forward within that month.
    next_edge = datetime(2026, 4, 2, 8, tzinfo=UTC)
    assert activated == datetime(2026, 3, 2, 9, tzinfo=UTC)
    _is_charged_without_gap(tenant, service, Period.MONTH, next_edge)
    assert tenant.differences() == []


def _is_charged_without_gap(
    tenant: Tenant, service: UUID, period: Period, began: datetime
) -> None:
    times = tenant.charged_times(service)
    assert times[0][0] == began
    for (_, ends), (begins, _) in pairwise(times):
        assert begins == ends
    assert times[-1][0] <= tenant.site.clock.now() < times[-1][1]
    assert all(begins < ends <= begins + LONGEST[period] for begins, ends in times)
