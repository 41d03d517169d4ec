"""How recurring costs split among families: a bar's parts and a table's rows."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shared.contracts.billing.dashboard import CostBreakdown, CostLine
from shared.contracts.inventory.services import Period
from shared.money import Money, ledger_ratio

HOURS = {
    Period.HOUR: 1,
    Period.DAY: 24,
    Period.WEEK: 168,
    Period.MONTH: 730,
    Period.YEAR: 8760,
}
"""How many hours each period counts as."""

COLOURS = 6
"""With more families, the smallest ones share the last colour."""


@dataclass(frozen=True)
class FamilyShare:
    """A part of the costs: one family's, or that of ``families`` smaller ones.

    ``code`` and ``name`` are empty for the latter. ``start`` and ``percent`` of the
    total are where the part begins in a bar, and how wide it is.
    """

    code: str
    name: str
    colour: int
    families: int
    services: int
    amount: Money
    start: Decimal
    percent: Decimal


def share_out(breakdown: CostBreakdown, period: Period) -> list[FamilyShare]:
    """Split the costs of a period among families, the largest first.

    Colours follow the families' codes, not their costs, which change every month.
    """
    families = _by_family(breakdown.lines)
    own = families if len(families) <= COLOURS else families[: COLOURS - 1]
    rest = [line for lines in families[len(own) :] for line in lines]
    colours = {c: n for n, c in enumerate(sorted(_code(lines) for lines in own), 1)}
    total, before, shares = _monthly(breakdown.lines), Fraction(), []
    for lines in [*own, rest] if rest else own:
        code = "" if lines is rest else _code(lines)
        shares.append(
            FamilyShare(
                code=code,
                name=lines[0].family_name if code else "",
                colour=colours.get(code, COLOURS),
                families=1 if code else len(families) - len(own),
                services=sum(line.service_count for line in lines),
                amount=_per(period, _monthly(lines), breakdown.currency),
                start=_percent(before, total),
                percent=_percent(_monthly(lines), total),
            )
        )
        before += _monthly(lines)
    return shares


def _by_family(lines: Sequence[CostLine]) -> list[list[CostLine]]:
    families: defaultdict[str, list[CostLine]] = defaultdict(list)
    for line in lines:
        families[line.family_code].append(line)
    return sorted(families.values(), key=lambda it: (-_monthly(it), _code(it)))


def _code(lines: Sequence[CostLine]) -> str:
    return lines[0].family_code


def _monthly(lines: Sequence[CostLine]) -> Fraction:
    return sum((Fraction(line.monthly.amount) for line in lines), Fraction())


def _per(period: Period, monthly: Fraction, currency: str) -> Money:
    return ledger_ratio(monthly * HOURS[period] / HOURS[Period.MONTH], currency)


def _percent(part: Fraction, total: Fraction) -> Decimal:
    """Return hundredths of a percent at most; 0 where nothing costs anything."""
    share = 100 * part / total if total else Fraction()
    return round(Decimal(share.numerator) / share.denominator, 2)
