"""Moments, time zones and periods for property tests."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from shared.contracts.inventory import Period

ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kathmandu",
        "Pacific/Kiritimati",
        # Clocks change by half an hour; by two hours; at midnight; around Ramadan.
        "Australia/Lord_Howe",
        "Antarctica/Troll",
        "America/Havana",
        "Asia/Beirut",
        "Africa/Casablanca",
        # A whole day was left out at the end of 2011.
        "Pacific/Apia",
    )
]
zones = st.sampled_from(ZONES)

RECURRING = [period for period in Period if period is not Period.ONCE]
periods = st.sampled_from(RECURRING)

_FIRST = datetime(2004, 1, 1, tzinfo=UTC)
_YEARS = timedelta(days=40 * 365)

# Whole hours often, so that edges fall on the ends of the span that is asked for.
_steps = st.one_of(
    st.timedeltas(timedelta(), _YEARS),
    st.integers(0, _YEARS // timedelta(hours=1)).map(lambda n: timedelta(hours=n)),
)
moments = _steps.map(lambda step: _FIRST + step)
"""UTC, 2004 to 2043."""
