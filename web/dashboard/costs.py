"""The block of what services cost."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.contracts import billing
from shared.contracts.inventory.services import Period
from shared.money import Money
from web.dashboard.shares import FamilyShare, costs_per, share_out
from web.page.blocks import Block
from web.page.recommended import RECOMMENDED


@dataclass(frozen=True)
class Costs:
    """The costs of one currency."""

    breakdown: billing.dashboard.CostBreakdown

    @property
    def sums(self) -> list[tuple[Period, Money]]:
        """The same costs for each period."""
        return list(costs_per(self.breakdown).items())

    def total_per(self, period: Period) -> Money:
        return costs_per(self.breakdown)[period]

    def shares_per(
        self, period: Period, positions: Mapping[str, int]
    ) -> list[FamilyShare]:
        """Split the total among families; their ``positions`` give them colours."""
        return share_out(self.breakdown, period, positions)


def _costs(answer: billing.dashboard.BillingDashboard) -> list[Costs]:
    return [Costs(costs) for costs in answer.costs]


COSTS = Block(
    "costs",
    billing.dashboard.DASHBOARD,
    billing.dashboard.Dashboard(),
    _costs,
    RECOMMENDED.sources,
    behind_since=lambda answer: answer.catching_up_since,
)
