"""Recurring Cost Breakdown: what active services cost per hour, day, week and so on.

Pure. 1 year = 365 days = 8760 hours and 1 month = 730 hours, so that a year is exactly
twelve months. Sums are exact fractions; each figure is rounded once.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shared.contracts.billing.dashboard import CostBreakdown, CostLine
from shared.contracts.inventory.services import Period
from shared.money import ledger_ratio

HOURS = {
    Period.HOUR: 1,
    Period.DAY: 24,
    Period.WEEK: 7 * 24,
    Period.MONTH: 730,
    Period.YEAR: 8760,
}
"""The recurring periods, shortest first, and how long each counts as."""

PERIODS = tuple(HOURS)


@dataclass(frozen=True)
class Recurring:
    """Services of one family and period; ``amount`` is their sum per period."""

    family_code: str
    family_name: str
    period: Period
    service_count: int
    amount: Decimal

    def per(self, period: Period) -> Fraction:
        return normalise(Fraction(self.amount), self.period, period)


def normalise(amount: Fraction, period: Period, wanted: Period) -> Fraction:
    """What ``amount`` per ``period`` comes to per ``wanted`` period, exactly."""
    return amount * Fraction(HOURS[wanted], HOURS[period])


def break_down(currency: str, costs: Iterable[Recurring]) -> CostBreakdown:
    """Sum up one currency's costs; the lines come by family, then by period."""
    lines = by_line(costs)
    hourly = sum((line.per(Period.HOUR) for line in lines), Fraction())

    def total(period: Period) -> Fraction:
        return normalise(hourly, Period.HOUR, period)

    return CostBreakdown(
        currency=currency,
        hourly=ledger_ratio(hourly, currency),
        daily=ledger_ratio(total(Period.DAY), currency),
        weekly=ledger_ratio(total(Period.WEEK), currency),
        monthly=ledger_ratio(total(Period.MONTH), currency),
        yearly=ledger_ratio(total(Period.YEAR), currency),
        service_count=sum(line.service_count for line in lines),
        lines=[_cost_line(currency, line) for line in lines],
    )


def family_names(costs: Iterable[Recurring]) -> dict[str, str]:
    """A name for each family's code.

    Right after a family is renamed, services may still bear the old name: then the
    one that most of them bear is taken.
    """
    counts: defaultdict[str, defaultdict[str, int]] = defaultdict(
        lambda: defaultdict(int)
    )
    for cost in costs:
        counts[cost.family_code][cost.family_name] += cost.service_count
    return {
        code: max(names, key=lambda name: (names[name], name))
        for code, names in counts.items()
    }


def by_line(costs: Iterable[Recurring]) -> list[Recurring]:
    """One for each family and period, whatever names the family goes by."""
    costs = list(costs)
    names = family_names(costs)
    lines: dict[tuple[str, Period], Recurring] = {}
    for cost in costs:
        key = cost.family_code, cost.period
        so_far = lines.get(key)
        lines[key] = Recurring(
            cost.family_code,
            names[cost.family_code],
            cost.period,
            cost.service_count + (so_far.service_count if so_far else 0),
            cost.amount + (so_far.amount if so_far else 0),
        )
    return sorted(
        lines.values(),
        key=lambda line: (
            line.family_name,
            line.family_code,
            PERIODS.index(line.period),
        ),
    )


def _cost_line(currency: str, line: Recurring) -> CostLine:
    return CostLine(
        family_code=line.family_code,
        family_name=line.family_name,
        period=line.period,
        service_count=line.service_count,
        amount=ledger_ratio(Fraction(line.amount), currency),
        monthly=ledger_ratio(line.per(Period.MONTH), currency),
    )
