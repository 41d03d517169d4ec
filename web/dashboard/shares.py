"""How recurring costs split among families: a bar's parts and a table's rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from shared.contracts.billing.dashboard import CostBreakdown, FamilyCosts
from shared.contracts.inventory.services import Period
from shared.money import Money, zero

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


def costs_per(
    costs: CostBreakdown | FamilyCosts,
) -> dict[Period, Money]:
    """Return the same costs for each period."""
    return {
        Period.HOUR: costs.hourly,
        Period.DAY: costs.daily,
        Period.WEEK: costs.weekly,
        Period.MONTH: costs.monthly,
        Period.YEAR: costs.yearly,
    }


def share_out(
    breakdown: CostBreakdown, period: Period, positions: Mapping[str, int]
) -> list[FamilyShare]:
    """Split the costs of a period among families, the largest first.

    A family has the colour of its position in the catalogue: ``positions``, by code.
    So it keeps its colour when costs change and when other families come or go.
    """
    families = breakdown.families
    own = families if len(families) <= COLOURS else families[: COLOURS - 1]
    parts = [[family] for family in own]
    if rest := families[len(own) :]:
        parts.append(rest)
    colours = _colours([it.family_code for it in own], positions, COLOURS - bool(rest))
    total = _sum(families, Period.MONTH, breakdown.currency).amount
    before, shares = Decimal(), []
    for part in parts:
        is_rest = part is rest
        monthly = _sum(part, Period.MONTH, breakdown.currency).amount
        shares.append(
            FamilyShare(
                code="" if is_rest else part[0].family_code,
                name="" if is_rest else part[0].family_name,
                colour=COLOURS if is_rest else colours[part[0].family_code],
                families=len(part),
                services=sum(it.service_count for it in part),
                amount=_sum(part, period, breakdown.currency),
                start=_percent(before, total),
                percent=_percent(monthly, total),
            )
        )
        before += monthly
    return shares


def _colours(
    codes: Sequence[str], positions: Mapping[str, int], available: int
) -> dict[str, int]:
    """Give each family a colour of its own, from 1 to ``available``.

    Where two have the same one by their positions, the earlier one has it. The other
    one and families without a position get what is left.
    """
    known = sorted(positions.keys() & set(codes), key=lambda it: (positions[it], it))
    left = list(range(1, available + 1))
    colours = {}
    for code in known:
        if (colour := (positions[code] - 1) % COLOURS + 1) in left:
            colours[code] = colour
            left.remove(colour)
    for code in [*known, *sorted(codes)]:
        if code not in colours:
            colours[code] = left.pop(0)
    return colours


def _sum(families: Iterable[FamilyCosts], period: Period, currency: str) -> Money:
    return sum((costs_per(it)[period] for it in families), zero(currency))


def _percent(part: Decimal, total: Decimal) -> Decimal:
    """Return hundredths of a percent at most; 0 where nothing costs anything."""
    return round(100 * part / total, 2) if total else Decimal()
