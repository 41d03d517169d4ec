"""Disputes at Stripe: the bank takes money back, and so does the wallet."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from services.billing.models.payments import Chargeback
from shared.contracts import billing
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.billing.payments import PaymentState
from shared.contracts.billing.refund_requests import RefundRequestState
from shared.contracts.billing.top_ups import TopUpState
from shared.contracts.billing.transactions import TransactionGroup
from shared.db.database import Database
from shared.errors import Conflict, InvalidInput, NotFound
from shared.money import Money
from tests.fixtures.billing.card_payer import CardPayer, a_card_payer
from tests.fixtures.billing.harness import money
from tests.fixtures.stripe import LocalStripe, an_event

EVENTS = Path("tests/data/stripe-events")


@pytest.fixture
def payer(billing_database: Database, stripe: LocalStripe) -> CardPayer:
    return a_card_payer(billing_database, stripe)


def test_a_disputed_payment_leaves_the_wallet_once(payer: CardPayer) -> None:
    paid, intent = payer.pay()
    dispute = payer.stripe.dispute(intent, 11900)

    for _ in range(2):
        payer.receive(_told(dispute))

    shown = payer.get(paid.id)
    assert shown.state is TopUpState.CHARGED_BACK
    assert shown.payments[0].failure == "disputed_by_cardholder"
    assert payer.balance == 0
    assert payer.harness.differences() == []


def test_a_dispute_about_a_part_takes_that_part_with_its_tax(payer: CardPayer) -> None:
    top_up = payer.begin("100.00")
    intent = payer.start(top_up)
    payer.stripe.pay(intent)

    # It may be all that we ever hear of the payment.
    payer.receive(_told(payer.stripe.dispute(intent, 5950)))

    assert payer.balance == 50
    assert payer.get(top_up.id).taken_back == money("50.00")
    assert payer.harness.differences() == []


def test_each_dispute_of_one_payment_is_booked(payer: CardPayer) -> None:
    paid, intent = payer.pay()
    for name in ("first-partial-dispute", "second-partial-dispute"):
        event = _event(name)
        subject = event["data"]["object"]
        payer.stripe.post("disputes", subject | {"payment_intent": intent})
        for _ in range(2):
            payer.receive(event)

    assert payer.balance == 0
    assert payer.get(paid.id).state is TopUpState.CHARGED_BACK
    assert _credit_notes(payer) == [money("50.00")] * 2
    assert payer.harness.differences() == []


def test_what_a_dispute_leaves_can_be_refunded_with_its_credit_note(
    payer: CardPayer,
) -> None:
    paid, intent = payer.pay()
    payer.receive(_told(payer.stripe.dispute(intent, 3967)))
    assert payer.balance == money("66.66").amount

    refunded = payer.refund(paid)

    assert payer.balance == 0
    assert refunded.state is TopUpState.REFUNDED
    assert sorted(each.amount for each in _credit_notes(payer)) == [
        money("33.34").amount,
        money("66.66").amount,
    ]
    with pytest.raises(Conflict, match="not_refundable"):
        payer.refund(paid)
    assert payer.harness.differences() == []


def test_what_was_refunded_and_disputed_is_credited_once(payer: CardPayer) -> None:
    """The bank has it twice, and the customer owes it; the invoice is gone by then."""
    paid, intent = payer.pay()
    payer.refund(paid)

    payer.receive(_told(payer.stripe.dispute(intent, 11900)))

    assert payer.balance == -119
    assert _credit_notes(payer) == [money("100.00")]
    assert payer.harness.differences() == []


def test_what_the_release_before_has_booked_is_not_booked_again(
    payer: CardPayer,
) -> None:
    """It kept no names of disputes."""
    _, intent = payer.pay()
    dispute = payer.stripe.dispute(intent, 11900)
    payer.receive(_told(dispute))
    with payer.harness.database.system() as session:
        session.execute(delete(Chargeback).where(Chargeback.name == dispute))

    for _ in range(2):
        payer.receive(_told(dispute))

    assert payer.balance == 0


@pytest.mark.parametrize("status", ["warning_needs_response", "won", "prevented"])
def test_a_dispute_that_takes_no_money_changes_nothing(
    payer: CardPayer, status: str
) -> None:
    paid, intent = payer.pay()

    # Whatever a notice says that is older than what Stripe says now.
    payer.receive(_told(payer.stripe.dispute(intent, 11900, status), status="lost"))

    assert payer.get(paid.id).state is TopUpState.SUCCEEDED


def test_a_dispute_that_is_won_gives_the_wallet_its_money_again_once(
    payer: CardPayer,
) -> None:
    paid, intent = payer.pay()
    dispute = payer.stripe.dispute(intent, 11900)
    payer.receive(_told(dispute))

    payer.stripe.decide(dispute, "won")
    for _ in range(2):
        # The one that was sent before may come after it.
        payer.receive(_told(dispute, status="lost"))

    shown = payer.get(paid.id)
    assert (shown.state, shown.taken_back) == (TopUpState.SUCCEEDED, None)
    assert (shown.payments[0].state, shown.payments[0].failure) == (
        PaymentState.SUCCEEDED,
        None,
    )
    assert payer.balance == 100
    assert payer.harness.differences() == []
    # They may be disputed once more, or given back: all of it is there.
    payer.receive(_told(payer.stripe.dispute(intent, 5950)))
    assert payer.refund(paid).state is TopUpState.REFUNDED
    assert payer.balance == 0
    assert payer.harness.differences() == []


def test_an_invoice_replaces_the_credit_note_of_a_dispute_that_was_won(
    payer: CardPayer,
) -> None:
    _, intent = payer.pay()
    disputes = [payer.stripe.dispute(intent, units) for units in (3967, 5950)]
    for each in disputes:
        payer.receive(_told(each))
    notes = {each.net: each.number for each in _documents(payer)[:2]}

    payer.stripe.decide(disputes[1], "won")
    payer.receive(_told(disputes[1]))

    invoice, *_ = _documents(payer)
    assert (invoice.kind, invoice.net) == (DocumentKind.INVOICE, money("50.00"))
    assert invoice.corrects is not None
    assert invoice.corrects.number == notes[invoice.net]
    newest, *others = _transactions(payer, "refunds")
    assert (newest.kind, newest.amount) == ("chargeback_reversed", money("50.00"))
    assert newest.document is not None
    assert newest.document.number == invoice.number
    assert [each.document.number for each in others if each.document] == [
        notes[-each.amount] for each in others
    ]
    assert _transactions(payer, search=invoice.number) == [newest, others[0]]
    assert payer.harness.differences() == []


def test_what_was_taken_beyond_a_payment_comes_back_with_it(payer: CardPayer) -> None:
    paid, intent = payer.pay()
    payer.refund(paid, "40.00")
    dispute = payer.stripe.dispute(intent, 11900)
    payer.receive(_told(dispute))
    assert payer.balance == money("-47.60").amount

    payer.stripe.decide(dispute, "won")
    payer.receive(_told(dispute))

    assert payer.balance == 60
    assert payer.get(paid.id).state is TopUpState.PARTLY_REFUNDED
    assert payer.refund(paid).state is TopUpState.REFUNDED
    payer.run_job("issue_documents")
    assert payer.harness.differences() == []


@pytest.mark.parametrize("parts", [(11900,), (5950, 5950)])
def test_a_request_that_was_paid_out_stays_granted_when_a_dispute_is_won(
    payer: CardPayer, parts: tuple[int, ...]
) -> None:
    payer.pay()
    duplicate, intent = payer.pay()
    (payment,) = duplicate.payments
    ask = billing.refund_requests.AskForRefund(payment_id=payment.id)
    payer.harness.call(billing.refund_requests.ASK_FOR_REFUND, ask, payer.owner())
    grant = billing.refund_requests.GrantRefundRequest(payment_id=payment.id)
    method = billing.refund_requests.GRANT_REFUND_REQUEST
    granted = payer.harness.call(method, grant, payer.harness.operator())
    payer.run_job("send_refunds")
    disputes = [payer.stripe.dispute(intent, units) for units in parts]
    for each in disputes:
        payer.receive(_told(each))

    payer.stripe.decide(disputes[0], "won")
    payer.receive(_told(disputes[0]))

    (shown,) = payer.get(duplicate.id).payments
    assert granted.state is RefundRequestState.GRANTED
    assert shown.refund_request == granted
    assert payer.harness.differences() == []


def test_a_won_dispute_that_was_never_reported_is_found_by_asking(
    payer: CardPayer,
) -> None:
    _, intent = payer.pay()
    dispute, other = (payer.stripe.dispute(intent, units) for units in (5950, 1190))
    payer.receive(_told(dispute))
    payer.stripe.decide(dispute, "won")
    payer.stripe.decide(other, "won")

    assert payer.reconcile().disputes == 1
    assert payer.balance == 100
    assert payer.reconcile().disputes == 0
    assert payer.harness.differences() == []


def test_the_amount_is_what_stripe_says_now(payer: CardPayer) -> None:
    _, intent = payer.pay()

    payer.receive(_told(payer.stripe.dispute(intent, 5950), amount=11900))

    assert payer.balance == 50


def test_a_dispute_that_was_never_reported_is_found_by_asking(payer: CardPayer) -> None:
    paid, intent = payer.pay()
    payer.stripe.dispute(intent, 11900)
    payer.stripe.dispute(None, 5000)

    assert payer.reconcile().disputes == 1
    assert payer.get(paid.id).state is TopUpState.CHARGED_BACK
    assert payer.reconcile().disputes == 0


def test_a_dispute_that_can_not_be_read_keeps_no_other_waiting(
    payer: CardPayer,
) -> None:
    paid, intent = payer.pay()
    payer.stripe.dispute(intent, 1, currency="zzz")
    payer.stripe.dispute(intent, 11900)
    payer.stripe.dispute(intent, 2, currency="zzz")

    assert payer.reconcile().disputes == 1
    assert payer.get(paid.id).state is TopUpState.CHARGED_BACK


@pytest.mark.parametrize("kind", ["dispute", "payment_intent", "refund"])
def test_a_notice_that_is_not_about_ours_is_passed_over(
    payer: CardPayer, kind: str
) -> None:
    for named in ("dp_unknown", None, "", ["dp_1"], "../balance"):
        payer.receive(an_event("charge.updated", object=kind, id=named))

    assert payer.balance == 0


def test_a_dispute_of_another_systems_charge_is_passed_over(payer: CardPayer) -> None:
    event = _event("dispute-without-payment-intent")
    payer.stripe.post("disputes", event["data"]["object"])

    payer.receive(event)

    assert payer.balance == 0


def test_a_dispute_in_another_currency_waits_for_a_person(payer: CardPayer) -> None:
    paid, intent = payer.pay()
    event = _event("dispute-in-usd-of-eur-payment")
    subject = event["data"]["object"] | {"payment_intent": intent}
    dispute = payer.stripe.post("disputes", subject)["id"]

    for _ in range(2):
        payer.receive(event)

    assert payer.balance == 100
    (waiting,) = (each for each in _problems(payer).disputes if each.dispute == dispute)
    assert (waiting.amount, waiting.currency) == (money("130.00", "USD"), "EUR")
    assert waiting.reference == paid.reference
    with pytest.raises(InvalidInput, match="bad_amount"):
        _book(payer, dispute, "130.00", "USD")

    _book(payer, dispute, "119.00")

    assert payer.balance == 0
    assert payer.get(paid.id).state is TopUpState.CHARGED_BACK
    assert dispute not in [each.dispute for each in _problems(payer).disputes]
    with pytest.raises(Conflict, match="dispute_booked"):
        _book(payer, dispute, "119.00")
    with pytest.raises(NotFound, match="no_such_dispute"):
        _book(payer, "dp_never", "119.00")


def test_one_in_another_currency_that_was_won_waits_for_a_person(
    payer: CardPayer,
) -> None:
    _, intent = payer.pay()
    booked, waiting = (
        payer.stripe.dispute(intent, 13000, currency="usd") for _ in "12"
    )
    for each in (booked, waiting):
        payer.receive(_told(each))
    _book(payer, booked, "119.00")
    payer.harness.pass_time(timedelta(hours=1))
    later = payer.stripe.dispute(intent, 100, currency="usd")
    payer.receive(_told(later))
    payer.harness.pass_time(timedelta(hours=1))
    for each in (booked, waiting):
        payer.stripe.decide(each, "won")
        payer.receive(_told(each))

    assert payer.balance == 0
    assert payer.reconcile().disputes == 0
    disputes = {booked, waiting, later}
    earlier, problem = (
        each for each in _problems(payer).disputes if each.dispute in disputes
    )
    assert earlier.dispute == later
    assert (problem.dispute, problem.to_give_back) == (booked, money("119.00"))
    with pytest.raises(InvalidInput, match="bad_amount"):
        _book(payer, booked, "118.00")

    _book(payer, booked, "119.00")

    assert payer.balance == 100
    for each in (booked, waiting):
        with pytest.raises(Conflict, match="dispute_won"):
            _book(payer, each, "119.00")
    assert payer.harness.differences() == []


def _event(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def _told(dispute: str, **told: object) -> dict[str, Any]:
    return an_event("charge.dispute.created", object="dispute", id=dispute, **told)


def _problems(payer: CardPayer) -> billing.payments.PaymentProblems:
    return payer.harness.call(
        billing.payments.LIST_PAYMENT_PROBLEMS,
        billing.payments.ListPaymentProblems(),
        payer.harness.operator(),
    )


def _book(payer: CardPayer, dispute: str, amount: str, currency: str = "EUR") -> None:
    request = billing.payments.BookDispute(
        dispute=dispute, amount=money(amount, currency)
    )
    payer.harness.call(billing.payments.BOOK_DISPUTE, request, payer.harness.operator())


def _credit_notes(payer: CardPayer) -> list[Money]:
    notes = _documents(payer)
    return [each.net for each in notes if each.kind is DocumentKind.CREDIT_NOTE]


def _documents(payer: CardPayer) -> list[billing.documents.Document]:
    """The newest first."""
    payer.run_job("issue_documents")
    request = billing.documents.ListDocuments()
    page = payer.harness.call(billing.documents.LIST_DOCUMENTS, request, payer.owner())
    return page.documents


def _transactions(
    payer: CardPayer, group: str = "", search: str = ""
) -> list[billing.transactions.Transaction]:
    request = billing.transactions.ListTransactions(
        group=TransactionGroup(group) if group else None, search=search
    )
    method = billing.transactions.LIST_TRANSACTIONS
    return payer.harness.call(method, request, payer.owner()).transactions
