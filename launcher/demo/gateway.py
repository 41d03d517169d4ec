"""Simulate the demo's customers on the payment page, as the story says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from services.billing.gateways.gateway import (
    Checkout,
    Gateway,
    Order,
    Outcome,
    Repayment,
    Report,
)
from shared.contracts.billing.payments import GatewayName
from shared.contracts.notes import card_note
from shared.errors import Unauthenticated

_PAID_WITH = card_note("Visa", "4242")


@dataclass
class DemoGateway(Gateway):
    """Replace the sandbox's payment page while the story is loaded.

    ``payments`` is how often the next order is paid; with none, its card is declined.
    """

    payments: int = 1
    name: ClassVar[GatewayName] = GatewayName.SANDBOX
    _reports: dict[str, list[Report]] = field(default_factory=dict)

    def open_checkout(self, order: Order) -> Checkout:
        checkout = f"demo-{order.payment_id}"
        outcome = Outcome.SUCCEEDED if self.payments else Outcome.FAILED
        self._reports[checkout] = [
            Report(
                payment_id=order.payment_id,
                transaction=f"{checkout}-{number}",
                outcome=outcome,
                amount=order.amount,
                paid_with=_PAID_WITH,
                failure=None if self.payments else "card_declined",
            )
            for number in range(max(self.payments, 1))
        ]
        return Checkout(checkout)

    def ask(self, checkout: str) -> Sequence[Report]:
        return self._reports.get(checkout, [])

    def close_checkout(self, checkout: str) -> bool:
        return checkout in self._reports

    def read_notice(
        self,
        headers: Mapping[str, str],  # noqa: ARG002  it is asked, and sends none
        body: str,  # noqa: ARG002
    ) -> Sequence[Report]:
        raise Unauthenticated("notice_forged", "the story sends no notices")

    def repay(self, repayment: Repayment) -> bool:  # noqa: ARG002
        """Report every refund as done."""
        return True
