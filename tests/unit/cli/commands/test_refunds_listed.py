"""What an operator reads of the duplicates that customers ask back."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from click.testing import CliRunner

from cli.commands.refunds import refunds
from shared.contract import Request
from shared.contracts import billing
from shared.money import Money, currency_of

PAYMENT = UUID("8f14e45f-ceea-4b67-8c1b-000000000001")


class CommandContext:
    """Answers with one request that waits."""

    def __init__(self, reason: str, seller: str) -> None:
        self.reason = reason
        self.seller = seller

    def call(
        self, method: object, request: Request
    ) -> billing.refund_requests.RefundRequestPage:
        assert method is billing.refund_requests.LIST_REFUND_REQUESTS
        assert isinstance(request, billing.refund_requests.ListRefundRequests)
        waiting = billing.refund_requests.OpenRefundRequest(
            request=billing.refund_requests.RefundRequest(
                payment_id=PAYMENT,
                company_id=PAYMENT,
                top_up_id=PAYMENT,
                reference="TU-4F7K-2M9Q-8RTW",
                amount=eur("59.50"),
                state=billing.refund_requests.RefundRequestState.ASKED,
                reason=self.reason,
                answer="",
                asked_at=datetime(2026, 3, 2, 9, 5, tzinfo=UTC),
                asked_by="Ada",
                decided_at=None,
            ),
            company="Engines & Co",
            invoice="INV-2026-000004",
            net=eur("50.00"),
            balance=eur("49.999999"),
            seller=self.seller,
        )
        return billing.refund_requests.RefundRequestPage(
            requests=[waiting], previous=None, next=None
        )


def eur(text: str) -> Money:
    return Money(Decimal(text), currency_of("EUR"))


def listed(reason: str = "", seller: str = "") -> list[str]:
    result = CliRunner().invoke(refunds, ["list"], obj=CommandContext(reason, seller))
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_a_request_says_whose_it_is_and_whether_its_wallet_has_as_much() -> None:
    assert listed("Clicked twice") == [
        f"{PAYMENT}: 59.50 EUR to 'Engines & Co', INV-2026-000004, TU-4F7K-2M9Q-8RTW",
        "  50.00 EUR net; wallet balance 49.99 EUR",
        "  requested 2026-03-02 09:05 UTC by 'Ada': 'Clicked twice'",
        "requests: 1",
    ]


def test_a_long_message_is_cut_and_names_the_seller_if_there_are_several() -> None:
    first, _, last, _ = listed("Twice! " * 70, "pl")

    assert first.endswith(", sold by pl")
    message = last.partition(": ")[2]
    assert len(message) == len("''") + 80
    assert message.endswith("\N{HORIZONTAL ELLIPSIS}'")
