"""The table of charges stays small, and no past day loses what it had."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text

from services.billing.audit import charge_growth
from shared.contracts import billing
from shared.contracts.inventory.services import Period
from tests.fixtures.billing.tenant import Tenant

Days = dict[tuple[UUID, date], tuple[int, Decimal]]


def look_after(tenant: Tenant) -> None:
    charge_growth.look_after(tenant.database, tenant.site.clock.now())


def rows(tenant: Tenant) -> list[billing.charging.ChargeRow]:
    found, page = [], tenant.list_charges(limit=100)
    while page.next:
        found += page.charges
        page = tenant.list_charges(limit=100, cursor=page.next)
    return found + page.charges


def days(tenant: Tenant) -> Days:
    """Periods and amounts of each service and day."""
    sums: Days = defaultdict(lambda: (0, Decimal(0)))
    for row in rows(tenant):
        key = row.service_id, row.starts_at.date()
        periods, amount = sums[key]
        sums[key] = periods + row.periods, amount + row.amount.amount
    return dict(sums)


def test_hours_of_days_long_past_are_one_row_a_day_and_none_is_lost(
    tenant: Tenant,
) -> None:
    tenant.pay_in("5000")
    hourly = [tenant.order("s", Period.HOUR), tenant.order("m", Period.HOUR)]
    daily = tenant.order("s", Period.DAY)
    tenant.pass_time(days=6)
    tenant.charge()
    before, balance = days(tenant), tenant.balance

    look_after(tenant)

    assert days(tenant) == before
    assert tenant.balance == balance
    assert tenant.differences() == []
    kept_from = tenant.site.clock.now().date() - charge_growth.KEEPS_HOURS_FOR
    for service in hourly:
        mine = [each for each in rows(tenant) if each.service_id == service]
        past = [each for each in mine if each.starts_at.date() < kept_from]
        # The day it began has 15 hours left, the two after it 24 each.
        assert sorted(each.periods for each in past) == [15, 24, 24]
        assert {each.entry_id for each in past} == {None}
        assert {each.periods for each in mine if each not in past} == {1}
        first = min(past, key=lambda each: each.starts_at)
        hours = (first.ends_at - first.starts_at).total_seconds() / 3600
        assert hours == first.periods
        assert tenant.list_charges(service_id=service, day=first.starts_at.date())
    assert len([each for each in rows(tenant) if each.service_id == daily]) == 7


def test_merging_again_changes_nothing(tenant: Tenant) -> None:
    tenant.pay_in("5000")
    tenant.order("s", Period.HOUR)
    tenant.pass_time(days=5)
    tenant.charge()
    look_after(tenant)
    once = rows(tenant)

    look_after(tenant)

    assert rows(tenant) == once


def test_hours_apart_stay_apart(tenant: Tenant) -> None:
    tenant.pay_in("5000")
    service = tenant.order("s", Period.HOUR)
    tenant.pass_time(hours=2)
    tenant.charge()
    tenant.suspend(service)
    tenant.pass_time(hours=5)
    tenant.resume(service)
    tenant.pass_time(hours=3)
    tenant.charge()
    tenant.suspend(service)
    before = days(tenant)
    tenant.pass_time(days=5)

    look_after(tenant)

    assert days(tenant) == before
    assert sorted(each.periods for each in rows(tenant)) == [3, 3]


def test_months_are_made_ahead_and_hold_their_charges(
    tenant: Tenant,
) -> None:
    look_after(tenant)
    look_after(tenant)
    tenant.pay_in("100")
    tenant.order("s", Period.MONTH)
    tenant.pass_time(days=40)
    tenant.charge()

    with tenant.database.system() as session:
        tables = session.scalars(
            text("SELECT tableoid::regclass::text FROM charges ORDER BY starts_at")
        ).all()

    assert tables == ["charges_2026_03", "charges_2026_04"]
