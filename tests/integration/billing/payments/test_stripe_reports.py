"""What Stripe tells of payments: once, twice, late, never; and what goes back."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from msgspec import structs
from sqlalchemy import select

from services.billing.gateways.gateway import LASTS, Repayment, RepaymentRefusedError
from services.billing.gateways.stripe import StripeGateway
from services.billing.models.payments import Payment
from services.billing.models.refunds import Refund, RefundState
from services.billing.payments.checkout import REPEATED_AFTER
from shared.contracts import billing
from shared.contracts.billing.payments import TAKE_PAYMENT_NOTICE
from shared.contracts.billing.top_ups import TopUpState
from shared.db.database import Database
from shared.errors import InvalidInput, Unauthenticated, Unavailable
from tests.fixtures.billing.card_payer import CardPayer, a_card_payer
from tests.fixtures.billing.harness import money
from tests.fixtures.sandbox import NOWHERE
from tests.fixtures.stripe import (
    DECLINED_CARD,
    WEBHOOK_SECRET,
    LocalStripe,
    an_event,
    notice_of,
)


@pytest.fixture
def payer(billing_database: Database, stripe: LocalStripe) -> CardPayer:
    return a_card_payer(billing_database, stripe)


def test_twenty_deliveries_of_one_notice_credit_once(payer: CardPayer) -> None:
    top_up = payer.begin()
    intent = payer.start(top_up)
    payer.stripe.pay(intent)
    (event,) = payer.stripe.events(intent)

    with ThreadPoolExecutor(10) as pool:
        deliveries = [pool.submit(payer.receive, event) for _ in range(20)]
    for delivery in deliveries:
        delivery.result()

    assert payer.balance == 100
    assert payer.harness.differences() == []


@pytest.mark.parametrize(
    "signed",
    [
        {"secret": "another secret"},
        {"secret": f"{WEBHOOK_SECRET} "},
        {"age_s": 301},
    ],
    ids=["by somebody else", "nearly right", "too long ago"],
)
def test_a_notice_that_stripe_did_not_sign_just_now_is_refused(
    payer: CardPayer, signed: dict[str, object]
) -> None:
    top_up = payer.begin()
    intent = payer.start(top_up)
    payer.stripe.pay(intent)
    (event,) = payer.stripe.events(intent)

    with pytest.raises(Unauthenticated, match="notice_forged"):
        payer.receive(event, **signed)

    assert payer.get(top_up.id).state is TopUpState.PENDING


def test_a_signature_of_no_plain_characters_is_a_forged_one(payer: CardPayer) -> None:
    event = an_event("payment_intent.succeeded", object="payment_intent", id="pi_1")
    notice = notice_of(event)
    signature = notice.headers["stripe-signature"].partition(",")[0] + ",v1=é"
    forged = structs.replace(notice, headers={"stripe-signature": signature})

    with pytest.raises(Unauthenticated, match="notice_forged"):
        payer.harness.call(TAKE_PAYMENT_NOTICE, forged)


def test_a_notice_is_only_the_reason_to_ask(payer: CardPayer) -> None:
    """Who could sign would still not be believed that money came."""
    top_up = payer.begin()
    intent = payer.start(top_up)

    payer.receive(
        an_event("payment_intent.succeeded", object="payment_intent", id=intent)
    )

    assert payer.balance == 0


@pytest.mark.parametrize(
    "order",
    sorted(permutations(["succeeded", "processing", "payment_failed"])),
    ids=" ".join,
)
def test_notices_in_any_order_credit_what_was_paid_once(
    payer: CardPayer, order: tuple[str, ...]
) -> None:
    top_up = payer.begin()
    intent = payer.start(top_up)
    payer.stripe.pay(intent)

    for kind in order:
        payer.receive(
            an_event(f"payment_intent.{kind}", object="payment_intent", id=intent)
        )

    assert payer.balance == 100
    assert payer.get(top_up.id).state is TopUpState.SUCCEEDED


@pytest.mark.parametrize(
    "event",
    [
        an_event("customer.created", object="customer", id="cus_1"),
        an_event("invoice.paid", object="invoice", status=None, metadata=[]),
        an_event("refund.created", object="refund", metadata=None),
    ],
    ids=lambda event: str(event["type"]),
)
def test_notices_about_other_things_are_taken_and_change_nothing(
    payer: CardPayer, event: dict[str, object]
) -> None:
    payer.receive(event)

    assert payer.balance == 0


@pytest.mark.parametrize(
    "metadata",
    [{}, {"payment_id": str(uuid4())}, {"payment_id": "order 17"}],
    ids=["without ours", "of another client area", "of another kind"],
)
def test_payments_of_others_at_the_same_account_are_passed_over(
    payer: CardPayer, metadata: dict[str, str]
) -> None:
    intent = _foreign_intent(payer, metadata)

    payer.receive_notice_of(intent)

    assert payer.balance == 0


def test_a_signed_notice_that_makes_no_sense_is_refused(payer: CardPayer) -> None:
    with pytest.raises(InvalidInput, match="malformed_message"):
        payer.receive({"object": "event"})


def test_a_payment_whose_notice_never_comes_is_found_by_asking(
    payer: CardPayer,
) -> None:
    top_up = payer.begin()
    payer.stripe.pay(payer.start(top_up))

    reconciled = payer.reconcile()

    assert reconciled.changed >= 1
    assert payer.get(top_up.id).state is TopUpState.SUCCEEDED
    assert payer.balance == 100


def test_a_second_payment_for_one_top_up_is_credited_and_marked(
    payer: CardPayer,
) -> None:
    paid, _ = payer.pay()
    (payment,) = paid.payments
    again = _foreign_intent(payer, {"payment_id": str(payment.id)})
    payer.harness.pass_time(timedelta(minutes=1))

    payer.receive_notice_of(again)

    first, second = payer.get(paid.id).payments
    assert second.duplicate_of == first.id
    assert payer.balance == 200
    assert payer.harness.differences() == []


@pytest.mark.parametrize("end", ["cancel", "expire"])
def test_a_card_payment_for_a_top_up_that_has_ended_is_still_credited(
    payer: CardPayer, end: str
) -> None:
    top_up = payer.begin()
    intent = payer.start(top_up)
    payer.stripe.pay(intent)
    if end == "cancel":
        payer.cancel(top_up)
    else:
        payer.harness.pass_time(LASTS)
        payer.run_job("expire_top_ups")

    payer.receive_notice_of(intent)

    assert payer.get(top_up.id).state is TopUpState.SUCCEEDED
    assert payer.balance == 100


def test_a_top_up_that_has_ended_can_not_be_paid_by_card_any_more(
    payer: CardPayer,
) -> None:
    top_up = payer.begin()
    intent = payer.start(top_up)
    payer.cancel(top_up)

    payer.reconcile()

    assert payer.stripe.intent(intent)["status"] == "canceled"
    assert payer.get(top_up.id).state is TopUpState.CANCELLED
    with payer.harness.database.system() as session:
        ended = select(Payment.ask_at).where(Payment.top_up_id == top_up.id)
        assert session.scalars(ended).all() == [None]


def test_a_card_that_paid_just_before_the_end_is_found_without_a_notice(
    payer: CardPayer,
) -> None:
    top_up = payer.begin()
    payer.stripe.pay(payer.start(top_up))
    payer.cancel(top_up)

    payer.reconcile()

    assert payer.get(top_up.id).state is TopUpState.SUCCEEDED
    assert payer.balance == 100


def test_refunds_go_back_to_the_card_with_their_tax(payer: CardPayer) -> None:
    paid, intent = payer.pay("100.00")

    payer.refund(paid, "40.00")
    payer.run_job("send_refunds")
    assert payer.stripe.refunded(intent) == [4760]

    assert payer.refund(paid).state is TopUpState.REFUNDED
    payer.run_job("send_refunds")
    assert sum(payer.stripe.refunded(intent)) == 11900
    assert payer.balance == 0


def test_a_refund_is_paid_once_however_often_it_is_sent(payer: CardPayer) -> None:
    paid, intent = payer.pay("100.00")
    payer.refund(paid)
    for _ in range(2):
        payer.run_job("send_refunds")
        payer.harness.pass_time(timedelta(minutes=2))
    assert payer.stripe.refunded(intent) == [11900]

    # As when billing died before it had written down that Stripe had done it.
    gateway = payer.stripe.gateway()
    repayment = Repayment(uuid4(), intent, money("1.00"))
    for _ in range(2):
        gateway.repay(repayment)
    assert payer.stripe.refunded(intent).count(100) == 1


def test_a_refund_that_stripe_refuses_is_distinguished_from_no_answer(
    payer: CardPayer,
) -> None:
    top_up = payer.begin()
    intent = payer.start(top_up)
    payer.stripe.pay(intent, DECLINED_CARD)
    repayment = Repayment(uuid4(), intent, money("1.00"))

    with pytest.raises(RepaymentRefusedError):
        payer.stripe.gateway().repay(repayment)
    with pytest.raises(Unavailable, match="gateway_unreachable"):
        replace(payer.stripe.gateway(), api_base=NOWHERE).repay(repayment)


def test_a_refund_that_cards_can_not_take_is_given_up(
    billing_database: Database, stripe: LocalStripe
) -> None:
    payer = a_card_payer(billing_database, stripe, "MGA")
    paid, intent = payer.pay("50000.00")
    # With its tax 12.50, and cards take whole ariary.
    payer.refund(paid, "10.50")
    assert payer.balance == Decimal("49989.50")

    payer.run_job("send_refunds")

    assert payer.stripe.refunded(intent) == []
    assert payer.get(paid.id).state is TopUpState.SUCCEEDED
    assert payer.balance == 50_000
    with payer.harness.database.company(payer.harness.company_id) as session:
        why = session.execute(select(Refund.state, Refund.failure)).all()
    assert why == [(RefundState.FAILED, "not_payable_by_card")]
    assert payer.harness.differences() == []


@pytest.mark.parametrize("end", ["succeeded", "failed", "canceled"])
def test_a_refund_is_done_when_stripe_says_so(payer: CardPayer, end: str) -> None:
    paid, intent = payer.pay("100.00")
    payer.refund(paid, "50.00")
    refund = _refund_at(payer, intent, _refund_of(payer).id, "pending")
    payer.run_job("send_refunds")
    assert _refund_of(payer).state is RefundState.PENDING
    payer.stripe.post(f"refunds/{refund}", {"status": end})

    payer.harness.pass_time(REPEATED_AFTER)
    payer.run_job("send_refunds")

    assert payer.stripe.refunded(intent) == [5950]
    is_done = end == "succeeded"
    assert payer.balance == (50 if is_done else 100)
    state = RefundState.SUCCEEDED if is_done else RefundState.FAILED
    assert _refund_of(payer).state is state
    assert payer.harness.differences() == []


@pytest.mark.parametrize("heard", ["our-refund-canceled", "late"])
def test_a_refund_that_fails_after_all_is_the_wallets_again(
    payer: CardPayer, heard: str
) -> None:
    paid, intent = payer.pay("100.00")
    payer.refund(paid, "50.00")
    payer.run_job("send_refunds")
    assert payer.balance == 50
    (at_stripe,) = payer.stripe.get(f"refunds?payment_intent={intent}")["data"]
    payer.stripe.post(f"refunds/{at_stripe['id']}", {"status": "canceled"})
    event = an_event("refund.failed", object="refund", id=at_stripe["id"])
    if heard != "late":
        event = json.loads(Path(f"tests/data/stripe-events/{heard}.json").read_text())
        event["data"]["object"]["id"] = at_stripe["id"]

    for _ in range(2):
        payer.receive(event)

    assert payer.balance == 100
    request = billing.payments.ListPaymentProblems()
    problems = payer.harness.call(
        billing.payments.LIST_PAYMENT_PROBLEMS, request, payer.harness.operator()
    )
    (told,) = (each for each in problems.refunds if each.reference == paid.reference)
    assert (told.amount, told.why) == (money("59.50"), "canceled")
    assert payer.harness.differences() == []


def test_a_refund_that_fails_keeps_no_other_waiting(
    payer: CardPayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    top_ups, intents = zip(*(payer.pay() for _ in range(2)), strict=True)
    for top_up in top_ups:
        payer.refund(top_up)
        payer.harness.pass_time(timedelta(seconds=1))
    repay = StripeGateway.repay

    def stumble(gateway: StripeGateway, repayment: Repayment) -> None:
        if repayment.transaction == intents[0]:
            raise ZeroDivisionError
        repay(gateway, repayment)

    monkeypatch.setattr(StripeGateway, "repay", stumble)
    payer.run_job("send_refunds")
    assert [payer.stripe.refunded(each) for each in intents] == [[], [11900]]

    monkeypatch.undo()
    payer.harness.pass_time(REPEATED_AFTER)
    payer.run_job("send_refunds")
    assert [payer.stripe.refunded(each) for each in intents] == [[11900], [11900]]


def _refund_of(payer: CardPayer) -> Refund:
    with payer.harness.database.company(payer.harness.company_id) as session:
        return session.scalars(select(Refund)).one()


def _refund_at(payer: CardPayer, intent: str, refund_id: UUID, status: str) -> str:
    """As when Stripe has taken a refund, and billing died before it was told."""
    body = {
        "payment_intent": intent,
        "amount": 5950,
        "metadata": {"refund_id": str(refund_id)},
    }
    made = str(payer.stripe.post("refunds", body)["id"])
    payer.stripe.post(f"refunds/{made}", {"status": status})
    return made


def _foreign_intent(payer: CardPayer, metadata: dict[str, str]) -> str:
    """An intent that was made at Stripe past us, and paid."""
    made = payer.stripe.post(
        "payment_intents",
        {"amount": 11900, "currency": "eur", "metadata": metadata},
    )
    payer.stripe.pay(made["id"])
    return str(made["id"])
