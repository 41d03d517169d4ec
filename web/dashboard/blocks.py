"""The blocks that have an address of their own, which the dashboard serves."""

from dataclasses import dataclass

from shared.contracts import inventory
from shared.contracts.billing.dashboard import BalanceLevel, BillingDashboard, Wallet
from shared.money import Money
from web.page.blocks import Block
from web.page.costs import COSTS
from web.page.frame import BALANCE, MENU

SERVICES = Block(
    "services",
    inventory.reading.DASHBOARD,
    inventory.reading.Dashboard(),
    lambda counters: counters,
    (inventory.CONTRACT.name,),
)


@dataclass(frozen=True)
class LowBalance:
    """A wallet whose balance asks for attention, and what its services cost a day."""

    wallet: Wallet
    daily: Money

    @property
    def is_below_zero(self) -> bool:
        return self.wallet.level is BalanceLevel.BELOW_ZERO


def _low_balances(answer: BillingDashboard) -> list[LowBalance]:
    daily = {costs.currency: costs.daily for costs in answer.costs}
    return [
        LowBalance(wallet, daily[wallet.currency])
        for wallet in answer.wallets
        if wallet.level is not BalanceLevel.FINE
    ]


LOW_BALANCES = Block(
    "low-balances", COSTS.method, COSTS.request, _low_balances, COSTS.sources
)

BLOCKS = {block.name: block for block in (BALANCE, MENU, LOW_BALANCES, SERVICES, COSTS)}
