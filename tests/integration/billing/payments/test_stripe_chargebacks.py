"""Disputes at Stripe: the bank takes money back, and so does the wallet."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from services.billing.models.payments import Chargeback
from shared.contracts import billing
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.billing.top_ups import TopUpState
from shared.db.database import Database
from shared.errors import Conflict, InvalidInput, NotFound
from shared.money import Money
from tests.fixtures.billing.card_till import CardTill, a_card_till
from tests.fixtures.billing.office import money
from tests.fixtures.stripe import LocalStripe, an_event

EVENTS = Path("tests/data/stripe-events")


@pytest.fixture
def till(billing_database: Database, stripe: LocalStripe) -> CardTill:
    return a_card_till(billing_database, stripe)


def test_a_disputed_payment_leaves_the_wallet_once(till: CardTill) -> None:
    paid, intent = till.pay()
    dispute = till.stripe.dispute(intent, 11900)

    for _ in range(2):
        till.receive(_told(dispute))

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
    till.receive(_told(till.stripe.dispute(intent, 5950)))

    assert till.balance == 50
    assert till.get(top_up.id).taken_back == money("50.00")
    assert till.office.differences() == []


def test_each_dispute_of_one_payment_is_booked(till: CardTill) -> None:
    paid, intent = till.pay()
    for name in ("first-partial-dispute", "second-partial-dispute"):
        event = _event(name)
        subject = event["data"]["object"]
        till.stripe.post("disputes", subject | {"payment_intent": intent})
        for _ in range(2):
            till.receive(event)

    assert till.balance == 0
    assert till.get(paid.id).state is TopUpState.CHARGED_BACK
    assert _credit_notes(till) == [money("50.00")] * 2
    assert till.office.differences() == []


def test_what_a_dispute_leaves_can_be_refunded_with_its_credit_note(
    till: CardTill,
) -> None:
    paid, intent = till.pay()
    till.receive(_told(till.stripe.dispute(intent, 3967)))
    assert till.balance == money("66.66").amount

    refunded = till.refund(paid)

    assert till.balance == 0
    assert refunded.state is TopUpState.REFUNDED
    assert sorted(each.amount for each in _credit_notes(till)) == [
        money("33.34").amount,
        money("66.66").amount,
    ]
    with pytest.raises(Conflict, match="not_refundable"):
        till.refund(paid)
    assert till.office.differences() == []


def test_what_was_refunded_and_disputed_is_credited_once(till: CardTill) -> None:
    """The bank has it twice, and the customer owes it; the invoice is gone by then."""
    paid, intent = till.pay()
    till.refund(paid)

    till.receive(_told(till.stripe.dispute(intent, 11900)))

    assert till.balance == -119
    assert _credit_notes(till) == [money("100.00")]
    assert till.office.differences() == []


def test_what_the_release_before_has_booked_is_not_booked_again(till: CardTill) -> None:
    """It kept no names of disputes."""
    _, intent = till.pay()
    dispute = till.stripe.dispute(intent, 11900)
    till.receive(_told(dispute))
    with till.office.database.system() as session:
        session.execute(delete(Chargeback).where(Chargeback.name == dispute))

    for _ in range(2):
        till.receive(_told(dispute))

    assert till.balance == 0


@pytest.mark.parametrize("status", ["warning_needs_response", "won", "prevented"])
def test_a_dispute_that_takes_no_money_changes_nothing(
    till: CardTill, status: str
) -> None:
    paid, intent = till.pay()

    # Whatever a notice says that is older than what Stripe says now.
    till.receive(_told(till.stripe.dispute(intent, 11900, status), status="lost"))

    assert till.get(paid.id).state is TopUpState.SUCCEEDED


def test_the_amount_is_what_stripe_says_now(till: CardTill) -> None:
    _, intent = till.pay()

    till.receive(_told(till.stripe.dispute(intent, 5950), amount=11900))

    assert till.balance == 50


def test_a_dispute_that_nobody_told_of_is_found_by_asking(till: CardTill) -> None:
    paid, intent = till.pay()
    till.stripe.dispute(intent, 11900)
    till.stripe.dispute(None, 5000)

    assert till.reconcile().disputes == 1
    assert till.get(paid.id).state is TopUpState.CHARGED_BACK
    assert till.reconcile().disputes == 0


def test_a_dispute_that_can_not_be_read_keeps_no_other_waiting(till: CardTill) -> None:
    paid, intent = till.pay()
    till.stripe.dispute(intent, 1, currency="zzz")
    till.stripe.dispute(intent, 11900)
    till.stripe.dispute(intent, 2, currency="zzz")

    assert till.reconcile().disputes == 1
    assert till.get(paid.id).state is TopUpState.CHARGED_BACK


@pytest.mark.parametrize("kind", ["dispute", "payment_intent", "refund"])
def test_a_notice_that_is_not_about_ours_is_passed_over(
    till: CardTill, kind: str
) -> None:
    for named in ("dp_unknown", None, "", ["dp_1"], "../balance"):
        till.receive(an_event("charge.updated", object=kind, id=named))

    assert till.balance == 0


def test_a_dispute_of_another_systems_charge_is_passed_over(till: CardTill) -> None:
    event = _event("dispute-without-payment-intent")
    till.stripe.post("disputes", event["data"]["object"])

    till.receive(event)

    assert till.balance == 0


def test_a_dispute_in_another_currency_waits_for_a_person(till: CardTill) -> None:
    paid, intent = till.pay()
    event = _event("dispute-in-usd-of-eur-payment")
    subject = event["data"]["object"] | {"payment_intent": intent}
    dispute = till.stripe.post("disputes", subject)["id"]

    for _ in range(2):
        till.receive(event)

    assert till.balance == 100
    (waiting,) = (each for each in _problems(till).disputes if each.dispute == dispute)
    assert (waiting.amount, waiting.currency) == (money("130.00", "USD"), "EUR")
    assert waiting.reference == paid.reference
    with pytest.raises(InvalidInput, match="bad_amount"):
        _book(till, dispute, "130.00", "USD")

    _book(till, dispute, "119.00")

    assert till.balance == 0
    assert till.get(paid.id).state is TopUpState.CHARGED_BACK
    assert dispute not in [each.dispute for each in _problems(till).disputes]
    with pytest.raises(Conflict, match="dispute_booked"):
        _book(till, dispute, "119.00")
    with pytest.raises(NotFound, match="no_such_dispute"):
        _book(till, "dp_never", "119.00")


def _event(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def _told(dispute: str, **told: object) -> dict[str, Any]:
    return an_event("charge.dispute.created", object="dispute", id=dispute, **told)


def _problems(till: CardTill) -> billing.payments.PaymentProblems:
    return till.office.call(
        billing.payments.LIST_PAYMENT_PROBLEMS,
        billing.payments.ListPaymentProblems(),
        till.office.operator(),
    )


def _book(till: CardTill, dispute: str, amount: str, currency: str = "EUR") -> None:
    request = billing.payments.BookDispute(
        dispute=dispute, amount=money(amount, currency)
    )
    till.office.call(billing.payments.BOOK_DISPUTE, request, till.office.operator())


def _credit_notes(till: CardTill) -> list[Money]:
    till.run_job("issue_documents")
    request = billing.documents.ListDocuments(kind=DocumentKind.CREDIT_NOTE)
    page = till.office.call(billing.documents.LIST_DOCUMENTS, request, till.owner())
    return [each.net for each in page.documents]
