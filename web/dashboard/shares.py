"""How recurring costs split among families: a bar's parts and a table's rows."""

from collections.abc import Collection, Iterable, Sequence
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
    breakdown: CostBreakdown, period: Period, order: Sequence[str] = ()
) -> list[FamilyShare]:
    """Split the costs of a period among families, the largest first.

    Colours follow ``order``, the codes of families as the menu has them, and not the
    costs, which change every month.
    """
    families = breakdown.families
    own = families if len(families) <= COLOURS else families[: COLOURS - 1]
    parts = [[family] for family in own]
    if rest := families[len(own) :]:
        parts.append(rest)
    colours = _colours([it.family_code for it in own], order)
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


def _colours(codes: Collection[str], order: Sequence[str]) -> dict[str, int]:
    """Number families in the menu's order; unknown ones come last.

    Where the menu has more than there are colours, only ``codes`` are numbered.
    """
    every = [*order, *sorted(set(codes) - set(order))]
    named = every if len(every) <= COLOURS else [it for it in every if it in codes]
    return {code: number for number, code in enumerate(named, 1)}


def _sum(families: Iterable[FamilyCosts], period: Period, currency: str) -> Money:
    return sum((costs_per(it)[period] for it in families), zero(currency))


def _percent(part: Decimal, total: Decimal) -> Decimal:
    """Return hundredths of a percent at most; 0 where nothing costs anything."""
    return round(100 * part / total, 2) if total else Decimal()
