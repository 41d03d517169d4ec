"""The table of charges stays small, and no past day loses what it had."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text

from services.billing.audit import charge_growth
from shared.contracts import billing
from shared.contracts.inventory.services import Period
from tests.fixtures.billing.subscriber import Subscriber

Days = dict[tuple[UUID, date], tuple[int, Decimal]]


def look_after(subscriber: Subscriber) -> None:
    charge_growth.look_after(subscriber.database, subscriber.site.clock.now())


def rows(subscriber: Subscriber) -> list[billing.charging.ChargeRow]:
    found, page = [], subscriber.list_charges(limit=100)
    while page.next:
        found += page.charges
        page = subscriber.list_charges(limit=100, cursor=page.next)
    return found + page.charges


def days(subscriber: Subscriber) -> Days:
    """Periods and amounts of each service and day."""
    sums: Days = defaultdict(lambda: (0, Decimal(0)))
    for row in rows(subscriber):
        key = row.service_id, row.starts_at.date()
        periods, amount = sums[key]
        sums[key] = periods + row.periods, amount + row.amount.amount
    return dict(sums)


def test_hours_of_days_long_past_are_one_row_a_day_and_none_is_lost(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("5000")
    hourly = [subscriber.order("s", Period.HOUR), subscriber.order("m", Period.HOUR)]
    daily = subscriber.order("s", Period.DAY)
    subscriber.pass_time(days=6)
    subscriber.charge()
    before, balance = days(subscriber), subscriber.balance

    look_after(subscriber)

    assert days(subscriber) == before
    assert subscriber.balance == balance
    assert subscriber.differences() == []
    kept_from = subscriber.site.clock.now().date() - charge_growth.KEEPS_HOURS_FOR
    for service in hourly:
        mine = [each for each in rows(subscriber) if each.service_id == service]
        past = [each for each in mine if each.starts_at.date() < kept_from]
        # The day it began has 15 hours left, the two after it 24 each.
        assert sorted(each.periods for each in past) == [15, 24, 24]
        assert {each.entry_id for each in past} == {None}
        assert {each.periods for each in mine if each not in past} == {1}
        first = min(past, key=lambda each: each.starts_at)
        hours = (first.ends_at - first.starts_at).total_seconds() / 3600
        assert hours == first.periods
        assert subscriber.list_charges(service_id=service, day=first.starts_at.date())
    assert len([each for each in rows(subscriber) if each.service_id == daily]) == 7


def test_merging_again_changes_nothing(subscriber: Subscriber) -> None:
    subscriber.pay_in("5000")
    subscriber.order("s", Period.HOUR)
    subscriber.pass_time(days=5)
    subscriber.charge()
    look_after(subscriber)
    once = rows(subscriber)

    look_after(subscriber)

    assert rows(subscriber) == once


def test_hours_apart_stay_apart(subscriber: Subscriber) -> None:
    subscriber.pay_in("5000")
    service = subscriber.order("s", Period.HOUR)
    subscriber.pass_time(hours=2)
    subscriber.charge()
    subscriber.suspend(service)
    subscriber.pass_time(hours=5)
    subscriber.resume(service)
    subscriber.pass_time(hours=3)
    subscriber.charge()
    subscriber.suspend(service)
    before = days(subscriber)
    subscriber.pass_time(days=5)

    look_after(subscriber)

    assert days(subscriber) == before
    assert sorted(each.periods for each in rows(subscriber)) == [3, 3]


def test_months_are_made_ahead_and_hold_their_charges(
    subscriber: Subscriber,
) -> None:
    look_after(subscriber)
    look_after(subscriber)
    subscriber.pay_in("100")
    subscriber.order("s", Period.MONTH)
    subscriber.pass_time(days=40)
    subscriber.charge()

    with subscriber.database.system() as session:
        tables = session.scalars(
            text("SELECT tableoid::regclass::text FROM charges ORDER BY starts_at")
        ).all()

    assert tables == ["charges_2026_03", "charges_2026_04"]
