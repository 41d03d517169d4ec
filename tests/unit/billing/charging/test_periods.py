"""Edges of periods: worked examples, and all of them against a plain calendar."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.charging.periods import count_edges, edge
from shared.contracts.inventory.services import Period
from tests.fixtures.billing.strategies import moments, periods, zones

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def edges_in_berlin(anchor: str, period: Period, how_many: int) -> list[str]:
    """The first edges after the anchor, as clocks in Berlin show them."""
    edges = [edge(berlin(anchor), period, i + 1, BERLIN) for i in range(how_many)]
    return [each.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M") for each in edges]


def test_the_31st_becomes_the_last_day_of_a_shorter_month_and_comes_back() -> None:
    assert edges_in_berlin("2027-12-31 10:00", Period.MONTH, 5) == [
        "2028-01-31 10:00",
        "2028-02-29 10:00",
        "2028-03-31 10:00",
        "2028-04-30 10:00",
        "2028-05-31 10:00",
    ]


def test_a_year_from_a_leap_day_ends_on_the_28th_until_the_next_leap_year() -> None:
    assert edges_in_berlin("2024-02-29 00:00", Period.YEAR, 4) == [
        "2025-02-28 00:00",
        "2026-02-28 00:00",
        "2027-02-28 00:00",
        "2028-02-29 00:00",
    ]


def test_a_day_keeps_its_time_on_the_wall_when_clocks_change() -> None:
    assert edges_in_berlin("2026-03-27 12:00", Period.DAY, 3) == [
        "2026-03-28 12:00",
        "2026-03-29 12:00",
        "2026-03-30 12:00",
    ]
    before = edge(berlin("2026-03-27 12:00"), Period.DAY, 1, BERLIN)
    after = edge(berlin("2026-03-27 12:00"), Period.DAY, 2, BERLIN)
    assert after - before == timedelta(hours=23)


def test_a_time_that_a_day_skips_is_an_hour_later_on_that_day_only() -> None:
    assert edges_in_berlin("2026-03-27 02:30", Period.DAY, 3) == [
        "2026-03-28 02:30",
        "2026-03-29 03:30",
        "2026-03-30 02:30",
    ]


def test_a_time_that_comes_twice_is_the_first() -> None:
    (twice,) = [
        edge(berlin("2026-10-24 02:30"), Period.DAY, index, BERLIN) for index in (1,)
    ]

    assert twice == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_an_hour_is_sixty_minutes_also_when_clocks_change() -> None:
    anchor = berlin("2026-03-29 01:15")

    following = edge(anchor, Period.HOUR, 1, BERLIN)

    assert following - anchor.astimezone(UTC) == timedelta(hours=1)
    assert following.astimezone(BERLIN).hour == 3


def test_the_day_of_the_month_is_the_companys_and_not_that_of_utc() -> None:
    anchor = datetime(2026, 2, 1, 3, 0, tzinfo=UTC)  # 31 January, 22:00 there

    following = edge(anchor, Period.MONTH, 1, NEW_YORK)

    assert following.astimezone(NEW_YORK).date() == date(2026, 2, 28)


def test_an_edge_counts_at_the_end_of_a_span_and_not_at_its_beginning() -> None:
    anchor = berlin("2026-01-15 10:00")
    edge_at = berlin("2026-02-15 10:00")
    moment = timedelta(microseconds=1)

    def count_between(after: datetime, until: datetime) -> int:
        return count_edges(anchor, Period.MONTH, after, until, BERLIN)

    assert count_between(edge_at - moment, edge_at) == 1
    assert count_between(edge_at - moment, edge_at - moment) == 0
    assert count_between(edge_at, edge_at + moment) == 0
    assert count_between(anchor, edge_at) == 1


def test_once_has_no_edges() -> None:
    span = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)

    assert count_edges(span[0], Period.ONCE, *span, BERLIN) == 0
    with pytest.raises(ValueError, match="no edges"):
        edge(span[0], Period.ONCE, 1, BERLIN)


@given(
    moments, periods, moments, st.timedeltas(timedelta(), timedelta(days=800)), zones
)
def test_counting_agrees_with_a_walk_through_the_calendar(
    anchor: datetime,
    period: Period,
    after: datetime,
    length: timedelta,
    zone: ZoneInfo,
) -> None:
    if period is Period.HOUR:
        length /= 50
    until = after + length

    counted = count_edges(anchor, period, after, until, zone)

    assert counted == sum(
        after < each <= until for each in walk(anchor, period, after, until, zone)
    )


def walk(
    anchor: datetime, period: Period, after: datetime, until: datetime, zone: ZoneInfo
) -> list[datetime]:
    """All edges around a span, found without any arithmetic on months."""
    if period is Period.HOUR:
        offset = (after - anchor) % timedelta(hours=1)
        start = after - offset - timedelta(hours=1)
        hours = (until - start) // timedelta(hours=1) + 2
        return [start + timedelta(hours=n) for n in range(hours)]
    local = anchor.astimezone(zone)
    days = (until - after).days + 6
    first = after.astimezone(zone).date() - timedelta(days=3)
    return [
        moment_of(day, local.time(), zone)
        for day in (first + timedelta(days=n) for n in range(days))
        if begins_period(day, local.date(), period)
    ]


def moment_of(day: date, time_of_day: time, zone: ZoneInfo) -> datetime:
    wall = datetime.combine(day, time_of_day.replace(fold=0), zone)
    return wall.astimezone(UTC)


def begins_period(day: date, start: date, period: Period) -> bool:
    match period:
        case Period.DAY:
            return True
        case Period.WEEK:
            return day.weekday() == start.weekday()
        case Period.MONTH:
            return stands_for(day, start.day)
        case _:
            return day.month == start.month and stands_for(day, start.day)


def stands_for(day: date, day_of_month: int) -> bool:
    """Whether a calendar day is that day of its month, or the last if it has none."""
    last = next(n for n in count(31, -1) if has_day(day, n))
    return day.day == min(day_of_month, last)


def has_day(day: date, number: int) -> bool:
    try:
        day.replace(day=number)
    except ValueError:
        return False
    return True
