"""Recurring Cost Breakdown: what active services cost per hour, day, week and so on.

Pure. 1 year = 365 days = 8760 hours and 1 month = 730 hours, so that a year is exactly
twelve months. Sums are exact fractions; each figure is rounded once.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import groupby

from shared.contracts.billing.dashboard import CostBreakdown, CostLine, FamilyCosts
from shared.contracts.inventory.services import Period
from shared.money import Money, ledger_ratio

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
    hourly = _hourly(lines)
    return CostBreakdown(
        currency=currency,
        **_per_period(hourly, currency),
        service_count=sum(line.service_count for line in lines),
        lines=[_cost_line(currency, line) for line in lines],
        families=_families(currency, lines),
    )


def family_names(costs: Iterable[Recurring]) -> dict[str, str]:
    """A name for each family's code.

    Right after a family is renamed, services may still have the old name: then the
    one that most of them have is used.
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


def _families(currency: str, lines: Iterable[Recurring]) -> list[FamilyCosts]:
    by_code = groupby(lines, key=lambda line: (line.family_code, line.family_name))
    families = [(*family, list(own)) for family, own in by_code]
    families.sort(key=lambda family: (-_hourly(family[2]), family[0]))
    return [
        FamilyCosts(
            family_code=code,
            family_name=name,
            service_count=sum(line.service_count for line in own),
            **_per_period(_hourly(own), currency),
        )
        for code, name, own in families
    ]


def _hourly(lines: Iterable[Recurring]) -> Fraction:
    return sum((line.per(Period.HOUR) for line in lines), Fraction())


def _per_period(hourly: Fraction, currency: str) -> dict[str, Money]:
    """Return what comes to ``hourly``, for each period, each rounded once."""
    names = {
        "hourly": Period.HOUR,
        "daily": Period.DAY,
        "weekly": Period.WEEK,
        "monthly": Period.MONTH,
        "yearly": Period.YEAR,
    }
    return {
        name: ledger_ratio(normalise(hourly, Period.HOUR, period), currency)
        for name, period in names.items()
    }


def _cost_line(currency: str, line: Recurring) -> CostLine:
    return CostLine(
        family_code=line.family_code,
        family_name=line.family_name,
        period=line.period,
        service_count=line.service_count,
        amount=ledger_ratio(Fraction(line.amount), currency),
        monthly=ledger_ratio(line.per(Period.MONTH), currency),
    )
