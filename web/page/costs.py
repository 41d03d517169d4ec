"""The block of what services cost, which the dashboard and Add Funds show."""

from dataclasses import dataclass

from shared.contracts import billing, identity, inventory
from web.page.blocks import Block


@dataclass(frozen=True)
class Costs:
    """The costs of one currency, with the recommendation if it has a wallet."""

    breakdown: billing.dashboard.CostBreakdown
    recommended: billing.dashboard.Recommendation | None


def _costs(answer: billing.dashboard.BillingDashboard) -> list[Costs]:
    recommended = {w.currency: w.recommendation for w in answer.wallets}
    return [Costs(costs, recommended.get(costs.currency)) for costs in answer.costs]


COSTS = Block(
    "costs",
    billing.dashboard.DASHBOARD,
    billing.dashboard.Dashboard(),
    _costs,
    # Billing works with what it heard of services and of companies' time zones.
    (billing.CONTRACT.name, inventory.CONTRACT.name, identity.CONTRACT.name),
    behind_since=lambda answer: answer.catching_up_since,
)
