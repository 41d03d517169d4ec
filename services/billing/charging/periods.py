"""When a service's periods end and the next begin. Pure: no session, no clock.

An *edge* is a moment at which one period ends and the next begins. Edges lie at whole
periods from the anchor, the moment a service first became active:

- ``hour``: every 3600 seconds, whatever clocks on walls do;
- ``day``, ``week``: at the anchor's time of day in the company's time zone;
- ``month``, ``year``: also on its day of the month, or on the last day of a month that
  is too short; the anchor's own day comes back with the next month that has it.

A time of day that a day skips (clocks go forward) means the moment as far after
midnight as on other days, so 02:30 becomes 03:30. One that comes twice is the first.
"""

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.contracts.inventory.services import Period

HOUR = timedelta(hours=1)


def count_edges(
    anchor: datetime, period: Period, after: datetime, until: datetime, zone: ZoneInfo
) -> int:
    """Count the edges in (``after``, ``until``], in constant time.

    Edges run on in both directions, before the anchor too. ``once`` has none. Moments
    are aware; the result is negative when ``until`` comes before ``after``.
    """
    if period is Period.ONCE:
        return 0
    index = _index_finder(anchor, period, zone)
    return index(until) - index(after)


def edge(anchor: datetime, period: Period, index: int, zone: ZoneInfo) -> datetime:
    """The edge ``index`` periods after the anchor (before it when negative), in UTC.

    Raises:
        ValueError: the period is ``once``.
    """
    if period is Period.HOUR:
        return anchor.astimezone(UTC) + index * HOUR
    local = anchor.astimezone(zone)
    return at_local(_date_of_edge(local.date(), period, index), local.time(), zone)


def at_local(day: date, time_of_day: time, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which a calendar day's clock shows a time."""
    wall = datetime.combine(day, time_of_day.replace(fold=0, tzinfo=None), zone)
    return wall.astimezone(UTC)


def days_in_month(year: int, month: int) -> int:
    return monthrange(year, month)[1]


def _index_finder(
    anchor: datetime, period: Period, zone: ZoneInfo
) -> Callable[[datetime], int]:
    """A function that finds the index of the last edge at or before a moment."""
    if period is Period.HOUR:
        # Python would subtract two times of one zone by the clock on the wall.
        return lambda moment: (moment.astimezone(UTC) - anchor.astimezone(UTC)) // HOUR
    start = anchor.astimezone(zone).date()

    def find(moment: datetime) -> int:
        # Counting calendar days or months comes within one or two of the answer.
        index = _guess(start, period, moment.astimezone(zone).date())
        while edge(anchor, period, index, zone) > moment:
            index -= 1
        while edge(anchor, period, index + 1, zone) <= moment:
            index += 1
        return index

    return find


def _guess(start: date, period: Period, day: date) -> int:
    months = (day.year - start.year) * 12 + day.month - start.month
    match period:
        case Period.DAY:
            return (day - start).days
        case Period.WEEK:
            return (day - start).days // 7
        case Period.MONTH:
            return months
        case Period.YEAR:
            return months // 12
        case _:
            raise ValueError(f"{period.value} has no edges on a calendar")


def _date_of_edge(start: date, period: Period, index: int) -> date:
    match period:
        case Period.DAY:
            return start + timedelta(days=index)
        case Period.WEEK:
            return start + timedelta(weeks=index)
        case Period.MONTH:
            return _months_later(start, index)
        case Period.YEAR:
            return _months_later(start, 12 * index)
        case _:
            raise ValueError(f"{period.value} has no edges on a calendar")


def _months_later(start: date, months: int) -> date:
    year, month0 = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, days_in_month(year, month0 + 1))
    return date(year, month0 + 1, day)
