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


def test_a_dispute_that_is_won_gives_the_wallet_its_money_again_once(
    till: CardTill,
) -> None:
    paid, intent = till.pay()
    dispute = till.stripe.dispute(intent, 11900)
    till.receive(_told(dispute))

    till.stripe.decide(dispute, "won")
    for _ in range(2):
        # The one that was sent before may come after it.
        till.receive(_told(dispute, status="lost"))

    shown = till.get(paid.id)
    assert (shown.state, shown.taken_back) == (TopUpState.SUCCEEDED, None)
    assert (shown.payments[0].state, shown.payments[0].failure) == (
        PaymentState.SUCCEEDED,
        None,
    )
    assert till.balance == 100
    assert till.office.differences() == []
    # They may be disputed once more, or given back: all of it is there.
    till.receive(_told(till.stripe.dispute(intent, 5950)))
    assert till.refund(paid).state is TopUpState.REFUNDED
    assert till.balance == 0
    assert till.office.differences() == []


def test_an_invoice_replaces_the_credit_note_of_a_dispute_that_was_won(
    till: CardTill,
) -> None:
    _, intent = till.pay()
    disputes = [till.stripe.dispute(intent, units) for units in (3967, 5950)]
    for each in disputes:
        till.receive(_told(each))
    notes = {each.net: each.number for each in _documents(till)[:2]}

    till.stripe.decide(disputes[1], "won")
    till.receive(_told(disputes[1]))

    invoice, *_ = _documents(till)
    assert (invoice.kind, invoice.net) == (DocumentKind.INVOICE, money("50.00"))
    assert invoice.corrects is not None
    assert invoice.corrects.number == notes[invoice.net]
    newest, *others = _transactions(till, "refunds")
    assert (newest.kind, newest.amount) == ("chargeback_reversed", money("50.00"))
    assert newest.document is not None
    assert newest.document.number == invoice.number
    assert [each.document.number for each in others if each.document] == [
        notes[-each.amount] for each in others
    ]
    assert _transactions(till, search=invoice.number) == [newest, others[0]]
    assert till.office.differences() == []


def test_what_was_taken_beyond_a_payment_comes_back_with_it(till: CardTill) -> None:
    paid, intent = till.pay()
    till.refund(paid, "40.00")
    dispute = till.stripe.dispute(intent, 11900)
    till.receive(_told(dispute))
    assert till.balance == money("-47.60").amount

    till.stripe.decide(dispute, "won")
    till.receive(_told(dispute))

    assert till.balance == 60
    assert till.get(paid.id).state is TopUpState.PARTLY_REFUNDED
    assert till.refund(paid).state is TopUpState.REFUNDED
    till.run_job("issue_documents")
    assert till.office.differences() == []


@pytest.mark.parametrize("parts", [(11900,), (5950, 5950)])
def test_a_request_that_was_paid_out_stays_granted_when_a_dispute_is_won(
    till: CardTill, parts: tuple[int, ...]
) -> None:
    till.pay()
    duplicate, intent = till.pay()
    (payment,) = duplicate.payments
    ask = billing.refund_requests.AskForRefund(payment_id=payment.id)
    till.office.call(billing.refund_requests.ASK_FOR_REFUND, ask, till.owner())
    grant = billing.refund_requests.GrantRefundRequest(payment_id=payment.id)
    method = billing.refund_requests.GRANT_REFUND_REQUEST
    granted = till.office.call(method, grant, till.office.operator())
    till.run_job("send_refunds")
    disputes = [till.stripe.dispute(intent, units) for units in parts]
    for each in disputes:
        till.receive(_told(each))

    till.stripe.decide(disputes[0], "won")
    till.receive(_told(disputes[0]))

    (shown,) = till.get(duplicate.id).payments
    assert granted.state is RefundRequestState.GRANTED
    assert shown.refund_request == granted
    assert till.office.differences() == []


def test_a_won_dispute_that_was_never_reported_is_found_by_asking(
    till: CardTill,
) -> None:
    _, intent = till.pay()
    dispute, other = (till.stripe.dispute(intent, units) for units in (5950, 1190))
    till.receive(_told(dispute))
    till.stripe.decide(dispute, "won")
    till.stripe.decide(other, "won")

    assert till.reconcile().disputes == 1
    assert till.balance == 100
    assert till.reconcile().disputes == 0
    assert till.office.differences() == []


def test_the_amount_is_what_stripe_says_now(till: CardTill) -> None:
    _, intent = till.pay()

    till.receive(_told(till.stripe.dispute(intent, 5950), amount=11900))

    assert till.balance == 50


def test_a_dispute_that_was_never_reported_is_found_by_asking(till: CardTill) -> None:
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


def test_one_in_another_currency_that_was_won_waits_for_a_person(
    till: CardTill,
) -> None:
    _, intent = till.pay()
    booked, waiting = (till.stripe.dispute(intent, 13000, currency="usd") for _ in "12")
    for each in (booked, waiting):
        till.receive(_told(each))
    _book(till, booked, "119.00")
    till.office.pass_time(timedelta(hours=1))
    later = till.stripe.dispute(intent, 100, currency="usd")
    till.receive(_told(later))
    till.office.pass_time(timedelta(hours=1))
    for each in (booked, waiting):
        till.stripe.decide(each, "won")
        till.receive(_told(each))

    assert till.balance == 0
    assert till.reconcile().disputes == 0
    disputes = {booked, waiting, later}
    earlier, problem = (
        each for each in _problems(till).disputes if each.dispute in disputes
    )
    assert earlier.dispute == later
    assert (problem.dispute, problem.to_give_back) == (booked, money("119.00"))
    with pytest.raises(InvalidInput, match="bad_amount"):
        _book(till, booked, "118.00")

    _book(till, booked, "119.00")

    assert till.balance == 100
    for each in (booked, waiting):
        with pytest.raises(Conflict, match="dispute_won"):
            _book(till, each, "119.00")
    assert till.office.differences() == []


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
    notes = _documents(till)
    return [each.net for each in notes if each.kind is DocumentKind.CREDIT_NOTE]


def _documents(till: CardTill) -> list[billing.documents.Document]:
    """The newest first."""
    till.run_job("issue_documents")
    request = billing.documents.ListDocuments()
    page = till.office.call(billing.documents.LIST_DOCUMENTS, request, till.owner())
    return page.documents


def _transactions(
    till: CardTill, group: str = "", search: str = ""
) -> list[billing.transactions.Transaction]:
    request = billing.transactions.ListTransactions(
        group=TransactionGroup(group) if group else None, search=search
    )
    method = billing.transactions.LIST_TRANSACTIONS
    return till.office.call(method, request, till.owner()).transactions
