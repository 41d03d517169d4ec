"""Disputes at Stripe: the bank takes a payment back, and so does the wallet."""

import pytest

from shared.contracts.billing.top_ups import TopUpState
from shared.db.database import Database
from tests.fixtures.billing.card_till import CardTill, a_card_till
from tests.fixtures.stripe import LocalStripe, an_event


@pytest.fixture
def till(billing_database: Database, stripe: LocalStripe) -> CardTill:
    return a_card_till(billing_database, stripe)


def test_a_disputed_payment_leaves_the_wallet_once(till: CardTill) -> None:
    paid, intent = till.pay()
    dispute = an_event(
        "charge.dispute.created",
        object="dispute",
        payment_intent=intent,
        amount=11900,
        status="needs_response",
    )

    for _ in range(2):
        till.hear(dispute)

    shown = till.get(paid.id)
    assert shown.state is TopUpState.CHARGED_BACK
    assert shown.payments[0].failure == "disputed_by_cardholder"
    assert till.balance == 0
    assert till.office.differences() == []


def test_a_dispute_about_a_part_takes_that_part_with_its_tax(till: CardTill) -> None:
    top_up = till.begin("100.00")
    intent = till.start(top_up)
    till.stripe.pay(intent)

    # It may be all that we ever hear of the payment.
    till.hear(
        an_event(
            "charge.dispute.funds_withdrawn",
            object="dispute",
            payment_intent=intent,
            amount=5950,
            status="under_review",
        )
    )

    assert till.balance == 50
    assert till.office.differences() == []


@pytest.mark.parametrize("status", ["warning_needs_response", "won"])
def test_a_dispute_that_takes_no_money_changes_nothing(
    till: CardTill, status: str
) -> None:
    paid, intent = till.pay()

    till.hear(
        an_event(
            "charge.dispute.created",
            object="dispute",
            payment_intent=intent,
            amount=11900,
            status=status,
        )
    )

    assert till.get(paid.id).state is TopUpState.SUCCEEDED
