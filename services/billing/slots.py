"""Where in its period's cycle a service renews, and which places fall due. Pure.

All services of one period and company whose edges show the same calendar day of the
cycle and the same time of day share their edges for good. Such a place is a *slot*:
``day * 24 h + time of day``, counted in microseconds (grain ``exact``), in minutes, or
in days. Days of a cycle are numbered: of a day 0; of a week 0-6; of a month 0-30; of a
year as ``31 * month + day of month``, both from 0. An hour's cycle is one slot, because
a horizon of whole hours holds the same number of edges wherever they lie.

`due_ranges` says how many edges the services of each slot have in a span of time, as
ranges of slots: coarse ones wherever all of a day is alike, fine ones only where the
span begins and ends. So the sum of what falls due is read from roll-ups per slot: exact
to the microsecond, in a number of rows that does not follow the number of services.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from services.billing.models import Grain
from services.billing.periods import HOUR, days_in_month
from shared.contracts.inventory import Period

MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)
MINUTE_US = 60 * 1_000_000
DAY_US = 24 * 60 * MINUTE_US
_LONGEST_MONTH = 31
_GRAIN_US = {Grain.EXACT: 1, Grain.MINUTE: MINUTE_US, Grain.DAY: DAY_US}


@dataclass(frozen=True)
class SlotRange:
    """Slots from ``first`` up to, not including, ``end`` have ``edges`` edges each."""

    grain: Grain
    first: int
    end: int
    edges: int


@dataclass(frozen=True)
class _Span:
    """Times of day from ``first`` up to, not including, ``end``, in microseconds."""

    first: int
    end: int


_WHOLE_DAY = _Span(0, DAY_US)


def slots_of(anchor: datetime, period: Period, zone: ZoneInfo) -> dict[Grain, int]:
    """The slot of a service in each grain in use; none for ``once``."""
    if period is Period.ONCE:
        return {}
    if period is Period.HOUR:
        return {Grain.DAY: 0}
    local = anchor.astimezone(zone)
    exact = _day_of_cycle(period, local.date()) * DAY_US + _time_us(local.time())
    return {grain: exact // size for grain, size in _GRAIN_US.items()}


def due_ranges(
    period: Period, after: datetime, until: datetime, zone: ZoneInfo
) -> list[SlotRange]:
    """The slots with edges in (``after``, ``until``]; a slot is in one range at most.

    ``until`` is a whole number of hours after ``after``.
    """
    if period is Period.ONCE:
        return []
    if period is Period.HOUR:
        hours = (until.astimezone(UTC) - after.astimezone(UTC)) // HOUR
        return [SlotRange(Grain.DAY, 0, 1, hours)] if hours else []
    spans_by_day = defaultdict(list)
    for day, spans in _days_within(after, until, zone):
        for day_of_cycle in _days_that_renew(period, day):
            spans_by_day[day_of_cycle].extend(spans)
    whole_days: list[SlotRange] = []
    ranges: list[SlotRange] = []
    for day_of_cycle, spans in sorted(spans_by_day.items()):
        for span, edges in _pieces(spans):
            if span == _WHOLE_DAY:
                day_range = SlotRange(Grain.DAY, day_of_cycle, day_of_cycle + 1, edges)
                whole_days.append(day_range)
            else:
                ranges.extend(_fine_ranges(day_of_cycle, span, edges))
    return [*_joined(whole_days), *ranges]


def _day_of_cycle(period: Period, day: date) -> int:
    match period:
        case Period.WEEK:
            return day.weekday()
        case Period.MONTH:
            return day.day - 1
        case Period.YEAR:
            return (day.month - 1) * _LONGEST_MONTH + day.day - 1
        case _:
            return 0


def _days_that_renew(period: Period, day: date) -> range:
    """The days of the cycle that have an edge on a calendar day.

    The last day of a short month stands in for those it lacks.
    """
    own = _day_of_cycle(period, day)
    last = days_in_month(day.year, day.month)
    if day.day < last or period not in {Period.MONTH, Period.YEAR}:
        return range(own, own + 1)
    return range(own, own + 1 + _LONGEST_MONTH - last)


def _days_within(
    after: datetime, until: datetime, zone: ZoneInfo
) -> Iterator[tuple[date, list[_Span]]]:
    """Calendar days, and their times of day that lie in (``after``, ``until``]."""
    begins, ends = after.astimezone(zone).date(), until.astimezone(zone).date()
    # A day to spare at either end, as a skipped time of day is shown later than told.
    for number in range(begins.toordinal() - 1, ends.toordinal() + 2):
        day = date.fromordinal(number)
        if begins + 2 * _DAY <= day <= ends - 2 * _DAY:
            yield day, [_WHOLE_DAY]
        else:
            yield day, _spans_within(day, after, until, zone)


def _spans_within(
    day: date, after: datetime, until: datetime, zone: ZoneInfo
) -> list[_Span]:
    midnight = datetime.combine(day, time(), UTC)
    spans = []
    for whole, offset in _offsets(day, zone):
        first = (after + offset - midnight) // MICROSECOND + 1
        end = (until + offset - midnight) // MICROSECOND + 1
        span = _Span(max(first, whole.first), min(end, whole.end))
        if span.first < span.end:
            spans.append(span)
    return spans


def _offsets(day: date, zone: ZoneInfo) -> list[tuple[_Span, timedelta]]:
    """A day's times and the zone's offset from UTC at them: two if clocks change."""

    def offset_at(time_us: int) -> timedelta:
        wall = datetime.combine(day, time(), zone) + time_us * MICROSECOND
        offset = wall.utcoffset()
        assert offset is not None
        return offset

    before, after = offset_at(0), offset_at(DAY_US - 1)
    if before == after:
        return [(_WHOLE_DAY, before)]
    change = bisect_left(range(DAY_US), True, key=lambda us: offset_at(us) != before)
    return [(_Span(0, change), before), (_Span(change, DAY_US), after)]


def _pieces(spans: Iterable[_Span]) -> Iterator[tuple[_Span, int]]:
    """Cut overlapping spans where one begins or ends; say how many cover each piece."""
    steps: defaultdict[int, int] = defaultdict(int)
    for span in spans:
        steps[span.first] += 1
        steps[span.end] -= 1
    # Where one span ends and the next begins nothing changes.
    marks = sorted(mark for mark, step in steps.items() if step)
    covering = 0
    for first, end in pairwise(marks):
        covering += steps[first]
        if covering:
            yield _Span(first, end), covering


def _fine_ranges(day_of_cycle: int, span: _Span, edges: int) -> Iterator[SlotRange]:
    """A part of a day: its whole minutes, and the rest on either side exactly."""
    first, end = (day_of_cycle * DAY_US + us for us in (span.first, span.end))
    first_minute, end_minute = -(-first // MINUTE_US), end // MINUTE_US
    if first_minute > end_minute:
        yield SlotRange(Grain.EXACT, first, end, edges)
        return
    parts = (
        (Grain.EXACT, first, first_minute * MINUTE_US),
        (Grain.MINUTE, first_minute, end_minute),
        (Grain.EXACT, end_minute * MINUTE_US, end),
    )
    for grain, part_first, part_end in parts:
        if part_first < part_end:
            yield SlotRange(grain, part_first, part_end, edges)


def _joined(ranges: list[SlotRange]) -> list[SlotRange]:
    """Join neighbours with the same number of edges."""
    joined: list[SlotRange] = []
    for each in ranges:
        if joined and (joined[-1].end, joined[-1].edges) == (each.first, each.edges):
            last = joined.pop()
            joined.append(SlotRange(each.grain, last.first, each.end, each.edges))
        else:
            joined.append(each)
    return joined


def _time_us(time_of_day: time) -> int:
    return (
        (time_of_day.hour * 60 + time_of_day.minute) * 60 + time_of_day.second
    ) * 1_000_000 + time_of_day.microsecond
