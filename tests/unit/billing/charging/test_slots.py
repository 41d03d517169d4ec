"""What falls due by slots is what falls due service by service."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.charging.periods import count_edges
from services.billing.charging.slots import due_ranges, slots_of
from services.billing.models.charging import Grain
from shared.contracts.inventory.services import Period
from tests.fixtures.billing.strategies import moments, periods, zones

horizons = st.one_of(st.sampled_from([1, 7, 28, 30, 31, 365, 366]), st.integers(1, 366))

# Near the ends of the horizon, to the microsecond, or anywhere.
distances = st.one_of(
    st.sampled_from([timedelta(microseconds=n) for n in (-1, 0, 1)]),
    st.timedeltas(timedelta(minutes=-2), timedelta(minutes=2)),
    st.timedeltas(timedelta(hours=-30), timedelta(hours=30)),
    st.timedeltas(timedelta(days=-3000), timedelta()),
)


@st.composite
def spans_and_anchors(draw: st.DrawFn) -> tuple[datetime, datetime, datetime]:
    """A horizon's two ends, and an anchor near one of them or long ago."""
    now = draw(moments)
    until = now + timedelta(days=draw(horizons))
    return now, until, draw(st.sampled_from([now, until])) + draw(distances)


@given(spans_and_anchors(), periods, zones)
def test_a_services_slot_has_as_many_edges_as_the_service(
    span_and_anchor: tuple[datetime, datetime, datetime],
    period: Period,
    zone: ZoneInfo,
) -> None:
    now, until, anchor = span_and_anchor

    slots = slots_of(anchor, period, zone)
    found = [
        each.edges
        for each in due_ranges(period, now, until, zone)
        if each.grain in slots and each.first <= slots[each.grain] < each.end
    ]

    assert len(found) <= 1, "a slot must not be counted twice"
    assert sum(found) == count_edges(anchor, period, now, until, zone)


@given(moments, horizons, periods, zones)
def test_few_ranges_are_read_and_fine_ones_span_few_slots(
    now: datetime, horizon_days: int, period: Period, zone: ZoneInfo
) -> None:
    ranges = due_ranges(period, now, now + timedelta(days=horizon_days), zone)

    assert len(ranges) <= 40
    for grain, most in ((Grain.EXACT, 60_000_000), (Grain.MINUTE, 24 * 60)):
        sizes = [each.end - each.first for each in ranges if each.grain is grain]
        assert all(size <= most for size in sizes)
        assert len(sizes) <= 24


def test_once_has_no_slots() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)

    assert slots_of(now, Period.ONCE, ZoneInfo("UTC")) == {}
    until = now + timedelta(days=30)
    assert due_ranges(Period.ONCE, now, until, ZoneInfo("UTC")) == []


@pytest.mark.parametrize(
    ("anchor", "period", "day"),
    [
        ("2026-03-01T23:30+00:00", Period.DAY, 0),
        ("2026-03-01T23:30+00:00", Period.WEEK, 0),  # Monday in Berlin
        ("2026-01-31T12:00+00:00", Period.MONTH, 30),
        ("2024-02-29T12:00+00:00", Period.YEAR, 31 + 28),
    ],
)
def test_a_slots_day_is_read_from_the_companys_calendar(
    anchor: str, period: Period, day: int
) -> None:
    moment = datetime.fromisoformat(anchor)

    assert slots_of(moment, period, ZoneInfo("Europe/Berlin"))[Grain.DAY] == day
