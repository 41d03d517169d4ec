"""Bank transfer: a request for payment that the customer's own bank carries out.

Only the bank's statement shows the money, and the operator books it: see
`services.billing.payments.bank_transfers`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from services.billing.gateways.gateway import (
    Checkout,
    Gateway,
    Order,
    Repayment,
    Report,
)
from shared.contracts.billing.payments import BankInstructions, GatewayName
from shared.contracts.billing.top_ups import NextStep
from shared.errors import Unauthenticated
from shared.money import Money


@dataclass(frozen=True)
class Account:
    """A seller's bank account."""

    recipient: str
    iban: str
    bic: str
    bank: str


@dataclass(frozen=True)
class BankTransfer(Gateway):
    """``accounts`` are by the key of the seller: money goes to nobody else's."""

    accounts: Mapping[str, Account]
    name: ClassVar[GatewayName] = GatewayName.BANK_TRANSFER
    lasts: ClassVar[timedelta] = timedelta(days=30)
    next_step: ClassVar[NextStep] = NextStep.INSTRUCTIONS

    def serves(self, seller: str) -> bool:
        return seller in self.accounts

    def open_checkout(self, order: Order) -> Checkout:
        return Checkout(order.reference)

    def instructions(
        self, seller: str, amount: Money, reference: str
    ) -> BankInstructions | None:
        """Return the data for a customer's transfer; None without an account."""
        account = self.accounts.get(seller)
        if account is None:
            return None
        return BankInstructions(
            recipient=account.recipient,
            iban=account.iban,
            bic=account.bic,
            bank=account.bank,
            amount=amount,
            reference=reference,
        )

    def ask(self, checkout: str) -> Sequence[Report]:  # noqa: ARG002  nobody to ask
        return []

    def close_checkout(self, checkout: str) -> bool:  # noqa: ARG002
        """Nobody can keep a customer from their bank."""
        return False

    def read_notice(
        self,
        headers: Mapping[str, str],  # noqa: ARG002  no bank sends any
        body: str,  # noqa: ARG002
    ) -> Sequence[Report]:
        raise Unauthenticated("notice_forged", "banks send no notices")

    def repay(self, repayment: Repayment) -> bool:  # noqa: ARG002
        """Do nothing: the operator who orders the refund transfers it by hand."""
        return True
