"""Where in its period's cycle a service renews, and which places fall due. Pure.

All services of one period and company whose edges show the same calendar day of the
cycle and the same time of day share their edges permanently. Such a place is a *slot*:
``day * 24 h + time of day``, counted in microseconds (grain ``exact``), in minutes,
hours or days. Days of a cycle are numbered: of a day 0; of a week 0-6; of a month 0-30;
of a year as ``31 * month + day of month``, both from 0. An hour's cycle is one slot,
because a horizon of whole hours holds the same number of edges wherever they lie.

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

from services.billing.charging.periods import HOUR, days_in_month
from services.billing.models.charging import Grain
from shared.contracts.inventory.services import Period

MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)
MINUTE_US = 60 * 1_000_000
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
_LONGEST_MONTH = 31
_GRAIN_US = {
    Grain.DAY: DAY_US,
    Grain.HOUR: HOUR_US,
    Grain.MINUTE: MINUTE_US,
    Grain.EXACT: 1,
}
_GRAINS = tuple(_GRAIN_US)
"""The coarsest first."""


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
    pieces = (
        (_Span(day * DAY_US + span.first, day * DAY_US + span.end), edges)
        for day, spans in sorted(spans_by_day.items())
        for span, edges in _pieces(spans)
    )
    return [
        SlotRange(grain, first, end, edges)
        for span, edges in _joined(pieces)
        for grain, first, end in _in_grains(span, _GRAINS)
    ]


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


def _joined(pieces: Iterable[tuple[_Span, int]]) -> Iterator[tuple[_Span, int]]:
    """Join neighbours that have the same number of edges."""
    last: tuple[_Span, int] | None = None
    for span, edges in pieces:
        if last and (last[0].end, last[1]) == (span.first, edges):
            last = _Span(last[0].first, span.end), edges
            continue
        if last:
            yield last
        last = span, edges
    if last:
        yield last


def _in_grains(
    span: _Span, grains: tuple[Grain, ...]
) -> Iterator[tuple[Grain, int, int]]:
    """Split a span into slots as coarse as can be, the finer ones at its ends."""
    if span.first == span.end:
        return
    grain, *finer = grains
    size = _GRAIN_US[grain]
    first, end = -(-span.first // size), span.end // size
    if first > end:
        # It lies within one slot of this grain.
        yield from _in_grains(span, tuple(finer))
        return
    yield from _in_grains(_Span(span.first, first * size), tuple(finer))
    if first < end:
        yield grain, first, end
    yield from _in_grains(_Span(end * size, span.end), tuple(finer))


def _time_us(time_of_day: time) -> int:
    return (
        (time_of_day.hour * 60 + time_of_day.minute) * 60 + time_of_day.second
    ) * 1_000_000 + time_of_day.microsecond
