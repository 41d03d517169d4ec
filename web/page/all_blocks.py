"""All blocks there are; balance and menu are in the frame of every page."""

from dataclasses import dataclass

from shared.contracts import billing, identity, inventory
from shared.money import Money
from web.page.blocks import Block


@dataclass(frozen=True)
class OtherBalance:
    balance: Money
    credit_limit: Money
    available: Money


@dataclass(frozen=True)
class Balance:
    """The primary wallet's figures, and those of further wallets."""

    currency: str
    balance: Money
    credit_limit: Money
    available: Money
    recent: list[billing.Posting]
    other_wallets: list[OtherBalance]


@dataclass(frozen=True)
class Costs:
    """The costs of one currency, with the recommendation if it has a wallet."""

    breakdown: billing.CostBreakdown
    recommended: billing.Recommendation | None


def _balance(answer: billing.BillingDashboard) -> Balance | None:
    primary = next((w for w in answer.wallets if w.is_primary), None)
    if primary is None:
        return None
    return Balance(
        currency=primary.currency,
        balance=primary.balance,
        credit_limit=primary.credit_limit,
        available=primary.available,
        recent=primary.recent,
        other_wallets=[
            OtherBalance(w.balance, w.credit_limit, w.available)
            for w in answer.wallets
            if not w.is_primary
        ],
    )


def _costs(answer: billing.BillingDashboard) -> list[Costs]:
    recommended = {w.currency: w.recommendation for w in answer.wallets}
    return [Costs(costs, recommended.get(costs.currency)) for costs in answer.costs]


def _counters(answer: inventory.DashboardCounters) -> inventory.DashboardCounters:
    return answer


_BILLING = (billing.DASHBOARD, billing.Dashboard())
_INVENTORY = (inventory.DASHBOARD, inventory.Dashboard())

BALANCE = Block("balance", *_BILLING, _balance, (billing.NAME,))
MENU = Block("menu", *_INVENTORY, _counters, (inventory.NAME,))
SERVICES = Block("services", *_INVENTORY, _counters, (inventory.NAME,))
# Billing works with what it heard of services and of companies' time zones.
COSTS = Block("costs", *_BILLING, _costs, (billing.NAME, inventory.NAME, identity.NAME))

BLOCKS = {block.name: block for block in (BALANCE, MENU, SERVICES, COSTS)}
