"""The block of what to add to each wallet.

It needs the call of billing that the costs on the dashboard need, too.
"""

from dataclasses import dataclass
from typing import Literal

from shared.contracts import billing, identity, inventory
from shared.money import Money, zero
from web.page.blocks import Block

BalanceNotice = Literal["", "low", "credit_left", "credit_used", "no_credit"]
Purpose = Literal["covered", "resumes", "overdue", "due"]


@dataclass(frozen=True)
class Outlook:
    """A wallet with what to add to it; ``daily`` is what its services cost a day."""

    wallet: billing.dashboard.Wallet
    daily: Money

    @property
    def recommended(self) -> billing.dashboard.Recommendation:
        return self.wallet.recommendation

    @property
    def is_covered(self) -> bool:
        """Whether nothing needs to be added within the horizon."""
        return self.recommended.amount.amount <= 0

    @property
    def purpose(self) -> Purpose:
        """What the recommended amount is for, first of all."""
        if self.is_covered:
            return "covered"
        if self.recommended.overdue_service_count:
            return "resumes"
        return "overdue" if self.recommended.overdue.amount > 0 else "due"

    @property
    def notice(self) -> BalanceNotice:
        """What the balance's level asks to be said."""
        level, wallet = self.wallet.level, self.wallet
        if level is billing.dashboard.BalanceLevel.FINE:
            return ""
        if level is billing.dashboard.BalanceLevel.LOW:
            return "low"
        if wallet.available.amount > 0:
            return "credit_left"
        return "credit_used" if wallet.credit_limit.amount > 0 else "no_credit"


def _outlooks(answer: billing.dashboard.BillingDashboard) -> list[Outlook]:
    daily = {costs.currency: costs.daily for costs in answer.costs}
    return [
        Outlook(wallet, daily.get(wallet.currency, zero(wallet.currency)))
        for wallet in answer.wallets
    ]


# Billing works with what it received of services and of companies' time zones.
_SOURCES = (billing.CONTRACT.name, inventory.CONTRACT.name, identity.CONTRACT.name)

RECOMMENDED = Block(
    "recommended",
    billing.dashboard.DASHBOARD,
    billing.dashboard.Dashboard(),
    _outlooks,
    _SOURCES,
    behind_since=lambda answer: answer.catching_up_since,
)
