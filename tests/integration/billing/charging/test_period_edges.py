"""PostgreSQL's edges of periods are Python's: the two are compared."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from services.billing.charging.periods import edge
from shared.contracts.inventory.services import Period
from shared.db.database import Database
from tests.fixtures.billing.strategies import moments, periods, zones
from tests.fixtures.properties import over_database

_STEPS = {
    Period.HOUR: 10_000,
    Period.DAY: 2_000,
    Period.WEEK: 300,
    Period.MONTH: 60,
    Period.YEAR: 8,
}
_EDGE = text("SELECT period_edge(:anchor, :period, :number, :zone)")


def edge_in_sql(
    database: Database, anchor: datetime, period: Period, number: int, zone: ZoneInfo
) -> datetime:
    with database.system() as session:
        found = session.scalar(
            _EDGE,
            {
                "anchor": anchor,
                "period": period.value,
                "number": number,
                "zone": zone.key,
            },
        )
    assert isinstance(found, datetime)
    return found.astimezone(UTC)


@pytest.mark.property
@over_database(50)
@given(moments, periods, zones, st.data())
def test_both_find_the_same_edge(
    billing_database: Database,
    anchor: datetime,
    period: Period,
    zone: ZoneInfo,
    data: st.DataObject,
) -> None:
    number = data.draw(st.integers(0, _STEPS[period]))
    expected = edge(anchor, period, number, zone)
    assert edge_in_sql(billing_database, anchor, period, number, zone) == expected


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("minutes", range(0, 4 * 60, 30))
def test_both_agree_on_the_days_on_which_clocks_change(
    billing_database: Database, zone: str, minutes: int
) -> None:
    here = ZoneInfo(zone)
    time = timedelta(minutes=minutes)
    for anchor in (
        datetime(2026, 3, 1, tzinfo=UTC) + time,
        datetime(2026, 10, 18, tzinfo=UTC) + time,
    ):
        for number in range(40):
            expected = edge(anchor, Period.DAY, number, here)
            found = edge_in_sql(billing_database, anchor, Period.DAY, number, here)
            assert found == expected


@pytest.mark.parametrize(
    ("anchor", "period", "number"),
    [
        ("2027-12-31 10:00", Period.MONTH, 2),
        ("2024-02-29 00:00", Period.YEAR, 1),
        ("2024-02-29 00:00", Period.YEAR, 4),
        ("2026-03-29 01:30", Period.DAY, 1),
        ("2026-10-24 02:30", Period.DAY, 1),
    ],
)
def test_both_agree_at_month_ends_leap_days_and_changes_of_clocks(
    billing_database: Database, anchor: str, period: Period, number: int
) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    at = datetime.fromisoformat(anchor).replace(tzinfo=berlin).astimezone(UTC)
    expected = edge(at, period, number, berlin)
    assert edge_in_sql(billing_database, at, period, number, berlin) == expected
