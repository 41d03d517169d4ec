"""What falls due within wallets' horizons, by the roll-ups.

What active services renew for is read by slot. Services suspended for payment all
renew at the same moments, counted from now, and need no slots.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Select, Text, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from services.billing.charging.periods import count_edges
from services.billing.charging.slots import due_ranges
from services.billing.forecast.costs import PERIODS, Recurring, by_line
from services.billing.models.charging import Renewal
from shared.contracts.billing.dashboard import DueLine
from shared.contracts.inventory.services import Period
from shared.money import Money, currency_of


@dataclass(frozen=True)
class Horizon:
    """How far a wallet looks ahead: (``after``, ``until``].

    ``periods`` are those that the company's active services in ``currency`` have;
    nothing else is looked for.
    """

    currency: str
    after: datetime
    until: datetime
    zone: ZoneInfo
    periods: frozenset[Period]

    def ranges(self) -> Iterator[tuple[str, str, str, int, int, int]]:
        """The slots to read, as rows of ``_COLUMNS``."""
        for period in self.periods:
            for each in due_ranges(period, self.after, self.until, self.zone):
                slots = each.grain.value, each.first, each.end, each.edges
                yield (self.currency, period.value, *slots)


_COLUMNS: Mapping[str, type[TypeEngine[Any]]] = {
    "currency": Text,
    "period": Text,
    "grain": Text,
    "first": BigInteger,
    "past": BigInteger,
    "edges": BigInteger,
}


def read_due_lines(
    session: Session,
    horizons: Sequence[Horizon],
    family_names: Mapping[str, Mapping[str, str]],
) -> defaultdict[str, list[DueLine]]:
    """What falls due, by currency; lines come by family, then by period.

    The session is narrowed to the company. ``family_names`` are by currency and code.
    """
    lines: defaultdict[str, list[DueLine]] = defaultdict(list)
    ranges = [each for horizon in horizons for each in horizon.ranges()]
    if not ranges:
        return lines
    columns = map(list, zip(*ranges, strict=True))
    for row in session.execute(_SUMS_WITHIN, dict(zip(_COLUMNS, columns, strict=True))):
        # Between two queries a family's first service may have come.
        name = family_names[row.currency].get(row.family_code, row.family_code)
        lines[row.currency].append(
            DueLine(
                family_code=row.family_code,
                family_name=name,
                period=Period(row.period),
                service_count=int(row.service_count),
                amount=Money(row.amount, currency_of(row.currency)),
            )
        )
    for each in lines.values():
        each.sort(key=_place)
    return lines


def due_after_resuming(
    horizon: Horizon, overdue: Iterable[Recurring]
) -> Iterator[DueLine]:
    """What services suspended for payment renew for if they resume right now.

    ``overdue`` has their charges of one period. Resuming begins a period, so they renew
    as services do that become active now; one-time prices don't.
    """
    now, until, zone = horizon.after, horizon.until, horizon.zone
    for line in by_line(each for each in overdue if each.period is not Period.ONCE):
        edges = count_edges(now, line.period, now, until, zone)
        if edges:
            yield DueLine(
                family_code=line.family_code,
                family_name=line.family_name,
                period=line.period,
                service_count=line.service_count,
                amount=Money(edges * line.amount, currency_of(horizon.currency)),
                after_resuming=True,
            )


def _sums_within() -> Select[Any]:
    """The sums of any number of ranges, each column of which is given as an array."""
    arrays = [bindparam(name, type_=ARRAY(kind)) for name, kind in _COLUMNS.items()]
    due = func.unnest(*arrays).table_valued(*_COLUMNS, name="due").render_derived()
    # A lateral sum per range has each looked up in the primary key. A plain join would
    # read all of a large company's renewals to throw most of them away.
    sums = (
        select(
            Renewal.family_code,
            func.sum(Renewal.service_count).label("service_count"),
            func.sum(Renewal.amount).label("amount"),
        )
        .where(
            Renewal.currency == due.c.currency,
            Renewal.period == due.c.period,
            Renewal.grain == due.c.grain,
            Renewal.slot >= due.c.first,
            Renewal.slot < due.c.past,
        )
        .group_by(Renewal.family_code)
        .lateral("sums")
    )
    keys = due.c.currency, due.c.period, sums.c.family_code
    totals: Select[Any] = select(
        *keys,
        func.sum(sums.c.service_count).label("service_count"),
        func.sum(sums.c.amount * due.c.edges).label("amount"),
    )
    return totals.select_from(due).join(sums, true()).group_by(*keys)


_SUMS_WITHIN = _sums_within()
"""Put together once: that takes as long as to run it."""


def _place(line: DueLine) -> tuple[str, str, int]:
    return line.family_name, line.family_code, PERIODS.index(line.period)
