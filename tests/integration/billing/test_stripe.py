"""Top-ups by card, at Stripe's stand-in: paid, declined, heard of, given back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from uuid import uuid4

import pytest
from sqlalchemy import select

from services.billing.gateways.gateway import Repayment, RepaymentRefusedError
from services.billing.models import Payment
from services.billing.top_ups import LASTS
from shared.contracts.billing.top_ups import (
    GatewayName,
    PaymentState,
    TopUpState,
)
from shared.database import Database
from shared.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    Unauthenticated,
    Unavailable,
)
from tests.fixtures.sandbox import NOWHERE
from tests.fixtures.stripe import (
    DECLINED_CARD,
    GOOD_CARD,
    SECRET_KEY,
    SECURE_CARD,
    WEBHOOK_SECRET,
    LocalStripe,
    an_event,
    local_stripe,
)
from tests.integration.billing.card_till import CardTill
from tests.integration.billing.office import Office, money


@pytest.fixture(scope="module")
def stripe() -> Iterator[LocalStripe]:
    with local_stripe() as running:
        yield running


@pytest.fixture
def till(billing_database: Database, stripe: LocalStripe) -> CardTill:
    return a_till(billing_database, stripe)


def a_till(database: Database, stripe: LocalStripe) -> CardTill:
    office = Office(database, gateways={GatewayName.STRIPE: stripe.gateway()})
    office.live_in("Europe/Berlin")
    office.open_wallet()
    return CardTill(office, stripe)


def test_a_card_pays_the_gross_and_the_net_enters_the_wallet(till: CardTill) -> None:
    paid, intent = till.pay("100.00")

    assert till.stripe.intent(intent)["amount"] == 11900
    assert paid.state is TopUpState.SUCCEEDED
    assert paid.payments[0].method == "Visa ending in 4242"
    assert till.balance == 100
    assert till.office.differences() == []


def test_nothing_enters_the_wallet_before_stripe_says_so(till: CardTill) -> None:
    top_up = till.begin()
    till.stripe.pay(till.start(top_up))

    assert till.get(top_up.id).state is TopUpState.PENDING
    assert till.balance == 0


def test_the_same_payment_begun_again_is_the_same_intent(till: CardTill) -> None:
    top_up = till.begin()

    assert till.start(top_up) == till.start(top_up)


def test_a_declined_card_is_told_and_leaves_the_payment_to_another_one(
    till: CardTill,
) -> None:
    top_up = till.begin()
    intent = till.start(top_up)
    till.stripe.pay(intent, DECLINED_CARD)
    till.hear_of(intent)

    shown = till.get(top_up.id)
    assert shown.state is TopUpState.PENDING
    assert shown.payments[0].failure == "card_declined"
    assert till.form(top_up).client_secret
    assert till.balance == 0


def test_a_declined_payment_that_nobody_mends_is_a_failed_one(till: CardTill) -> None:
    top_up = till.begin()
    intent = till.start(top_up)
    till.stripe.pay(intent, DECLINED_CARD)
    till.hear_of(intent)

    till.office.pass_time(LASTS)
    till.run_job("expire_top_ups")

    (payment,) = till.get(top_up.id).payments
    assert payment.state is PaymentState.FAILED
    assert payment.failure == "card_declined"


def test_3_d_secure_pays_only_once_it_is_passed(till: CardTill) -> None:
    top_up = till.begin()
    intent = till.start(top_up)
    till.stripe.pay(intent, SECURE_CARD)
    till.reconcile()
    assert till.get(top_up.id).state is TopUpState.PENDING

    till.stripe.authenticate(intent)
    till.hear_of(intent)

    assert till.get(top_up.id).state is TopUpState.SUCCEEDED
    assert till.balance == 100


def test_3_d_secure_that_failed_is_told_and_books_nothing(till: CardTill) -> None:
    top_up = till.begin()
    intent = till.start(top_up)
    till.stripe.pay(intent, SECURE_CARD)
    till.stripe.authenticate(intent, success=False)

    till.reconcile()

    (payment,) = till.get(top_up.id).payments
    assert payment.failure == "payment_intent_authentication_failure"
    assert till.balance == 0


def test_a_saved_card_is_listed_and_pays_the_next_top_up(till: CardTill) -> None:
    first = till.start(till.begin())
    till.stripe.pay(first, save=True)
    till.hear_of(first)
    second = till.begin()
    intent = till.start(second)

    (card,) = till.form(second).cards
    till.stripe.pay_with(intent, card.id)
    till.hear_of(intent)

    assert (card.brand, card.last4) == ("Visa", "4242")
    assert (card.exp_month, card.exp_year) == (4, 2027)
    assert till.balance == 200


def test_a_card_is_saved_only_if_the_customer_says_so(till: CardTill) -> None:
    till.pay()
    top_up = till.begin()
    till.start(top_up)

    assert till.form(top_up).may_save
    assert till.form(top_up).cards == []


def test_a_forgotten_card_is_gone(till: CardTill) -> None:
    top_up = till.begin()
    card = till.stripe.pay(till.start(top_up), save=True)

    till.forget(card)

    following = till.begin()
    till.start(following)
    assert till.form(following).cards == []
    with pytest.raises(NotFound, match="no_such_card"):
        till.forget(card)


def test_another_company_neither_sees_nor_forgets_a_card(till: CardTill) -> None:
    mine = till.begin()
    card = till.stripe.pay(till.start(mine), save=True)
    stranger = a_till(till.office.database, till.stripe)
    theirs = stranger.begin()
    stranger.start(theirs)

    assert stranger.form(theirs).cards == []
    with pytest.raises(NotFound, match="no_such_card"):
        stranger.forget(card)
    with pytest.raises(NotFound, match="no_such_top_up"):
        stranger.form(mine)
    following = till.begin()
    till.start(following)
    assert [each.id for each in till.form(following).cards] == [card]


def test_who_is_not_verified_saves_no_card(till: CardTill) -> None:
    till.is_verified = False
    top_up = till.begin("50.00")
    intent = till.start(top_up)

    assert not till.form(top_up).may_save
    assert till.stripe.intent(intent)["customer"] is None


def test_one_company_is_one_customer_of_stripe(till: CardTill) -> None:
    intents = [till.start(till.begin()) for _ in range(2)]

    customers = {till.stripe.intent(each)["customer"] for each in intents}

    assert len(customers) == 1


def test_what_is_paid_has_no_card_form_any_more(till: CardTill) -> None:
    paid, _ = till.pay()

    with pytest.raises(Conflict, match="no_card_payment"):
        till.form(paid)


def test_twenty_deliveries_of_one_notice_credit_once(till: CardTill) -> None:
    top_up = till.begin()
    intent = till.start(top_up)
    till.stripe.pay(intent)
    (event,) = till.stripe.events(intent)

    with ThreadPoolExecutor(10) as pool:
        deliveries = [pool.submit(till.hear, event) for _ in range(20)]
    for delivery in deliveries:
        delivery.result()

    assert till.balance == 100
    assert till.office.differences() == []


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
    till: CardTill, signed: dict[str, object]
) -> None:
    top_up = till.begin()
    intent = till.start(top_up)
    till.stripe.pay(intent)
    (event,) = till.stripe.events(intent)

    with pytest.raises(Unauthenticated, match="notice_forged"):
        till.hear(event, **signed)

    assert till.get(top_up.id).state is TopUpState.PENDING


def test_a_notice_is_only_the_reason_to_ask(till: CardTill) -> None:
    """Who could sign would still not be believed that money came."""
    top_up = till.begin()
    intent = till.start(top_up)

    till.hear(an_event("payment_intent.succeeded", object="payment_intent", id=intent))

    assert till.balance == 0


@pytest.mark.parametrize(
    "order",
    sorted(permutations(["succeeded", "processing", "payment_failed"])),
    ids=" ".join,
)
def test_notices_in_any_order_credit_what_was_paid_once(
    till: CardTill, order: tuple[str, ...]
) -> None:
    top_up = till.begin()
    intent = till.start(top_up)
    till.stripe.pay(intent)

    for kind in order:
        till.hear(
            an_event(f"payment_intent.{kind}", object="payment_intent", id=intent)
        )

    assert till.balance == 100
    assert till.get(top_up.id).state is TopUpState.SUCCEEDED


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
    till: CardTill, event: dict[str, object]
) -> None:
    till.hear(event)

    assert till.balance == 0


@pytest.mark.parametrize(
    "metadata",
    [{}, {"payment_id": str(uuid4())}, {"payment_id": "order 17"}],
    ids=["without ours", "of another client area", "of another kind"],
)
def test_payments_of_others_at_the_same_account_are_passed_over(
    till: CardTill, metadata: dict[str, str]
) -> None:
    intent = _foreign_intent(till, metadata)

    till.hear_of(intent)

    assert till.balance == 0


def test_a_signed_notice_that_makes_no_sense_is_refused(till: CardTill) -> None:
    with pytest.raises(InvalidInput, match="malformed_message"):
        till.hear({"object": "event"})


def test_a_payment_whose_notice_never_comes_is_found_by_asking(till: CardTill) -> None:
    top_up = till.begin()
    till.stripe.pay(till.start(top_up))

    reconciled = till.reconcile()

    assert reconciled.changed >= 1
    assert till.get(top_up.id).state is TopUpState.SUCCEEDED
    assert till.balance == 100


def test_a_second_payment_for_one_top_up_is_credited_and_marked(till: CardTill) -> None:
    paid, _ = till.pay()
    (payment,) = paid.payments
    again = _foreign_intent(till, {"payment_id": str(payment.id)})
    till.office.pass_time(timedelta(minutes=1))

    till.hear_of(again)

    first, second = till.get(paid.id).payments
    assert second.duplicate_of == first.id
    assert till.balance == 200
    assert till.office.differences() == []


@pytest.mark.parametrize("end", ["cancel", "expire"])
def test_a_card_that_pays_a_top_up_that_has_ended_is_credited_all_the_same(
    till: CardTill, end: str
) -> None:
    top_up = till.begin()
    intent = till.start(top_up)
    till.stripe.pay(intent)
    if end == "cancel":
        till.cancel(top_up)
    else:
        till.office.pass_time(LASTS)
        till.run_job("expire_top_ups")

    till.hear_of(intent)

    assert till.get(top_up.id).state is TopUpState.SUCCEEDED
    assert till.balance == 100


def test_a_top_up_that_has_ended_can_not_be_paid_by_card_any_more(
    till: CardTill,
) -> None:
    top_up = till.begin()
    intent = till.start(top_up)
    till.cancel(top_up)

    till.reconcile()

    assert till.stripe.intent(intent)["status"] == "canceled"
    assert till.get(top_up.id).state is TopUpState.CANCELLED
    with till.office.database.system() as session:
        ended = select(Payment.ask_at).where(Payment.top_up_id == top_up.id)
        assert session.scalars(ended).all() == [None]


def test_a_card_that_paid_just_before_the_end_is_found_without_a_notice(
    till: CardTill,
) -> None:
    top_up = till.begin()
    till.stripe.pay(till.start(top_up))
    till.cancel(top_up)

    till.reconcile()

    assert till.get(top_up.id).state is TopUpState.SUCCEEDED
    assert till.balance == 100


def test_a_disputed_payment_leaves_the_wallet_once(till: CardTill) -> None:
    paid, intent = till.pay()
    dispute = an_event(
        "charge.dispute.created",
        object="dispute",
        payment_intent=intent,
        status="needs_response",
    )

    for _ in range(2):
        till.hear(dispute)

    shown = till.get(paid.id)
    assert shown.state is TopUpState.CHARGED_BACK
    assert shown.payments[0].failure == "disputed_by_cardholder"
    assert till.balance == 0
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
            status=status,
        )
    )

    assert till.get(paid.id).state is TopUpState.SUCCEEDED


def test_refunds_go_back_to_the_card_with_their_tax(till: CardTill) -> None:
    paid, intent = till.pay("100.00")

    till.refund(paid, "40.00")
    till.run_job("send_refunds")
    assert till.stripe.refunded(intent) == [4760]

    assert till.refund(paid).state is TopUpState.REFUNDED
    till.run_job("send_refunds")
    assert sum(till.stripe.refunded(intent)) == 11900
    assert till.balance == 0


def test_a_refund_is_paid_once_however_often_it_is_sent(till: CardTill) -> None:
    paid, intent = till.pay("100.00")
    till.refund(paid)
    for _ in range(2):
        till.run_job("send_refunds")
        till.office.pass_time(timedelta(minutes=2))
    assert till.stripe.refunded(intent) == [11900]

    # As when billing died before it had written down that Stripe had done it.
    gateway = till.stripe.gateway()
    repayment = Repayment(uuid4(), intent, money("1.00"))
    for _ in range(2):
        gateway.repay(repayment)
    assert till.stripe.refunded(intent).count(100) == 1


def test_a_refund_that_stripe_refuses_is_told_apart_from_no_answer(
    till: CardTill,
) -> None:
    top_up = till.begin()
    intent = till.start(top_up)
    till.stripe.pay(intent, DECLINED_CARD)
    repayment = Repayment(uuid4(), intent, money("1.00"))

    with pytest.raises(RepaymentRefusedError):
        till.stripe.gateway().repay(repayment)
    with pytest.raises(Unavailable, match="gateway_unreachable"):
        replace(till.stripe.gateway(), api_base=NOWHERE).repay(repayment)


def test_without_stripe_a_top_up_is_kept_and_gone_on_with_later(
    till: CardTill,
) -> None:
    top_up = till.begin()
    till.office.gateways = {
        GatewayName.STRIPE: replace(till.stripe.gateway(), api_base=NOWHERE)
    }
    cut_off = CardTill(replace(till.office), till.stripe, user_id=till.user_id)
    with pytest.raises(Unavailable, match="gateway_unreachable"):
        cut_off.start(top_up)
    assert till.get(top_up.id).state is TopUpState.DRAFT

    till.stripe.pay(till.start(top_up))
    till.reconcile()

    assert till.balance == Decimal(100)


def test_the_log_holds_neither_cards_nor_keys_nor_secrets(
    till: CardTill,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level("DEBUG")
    top_up = till.begin()
    intent = till.start(top_up)
    secret = till.form(top_up).client_secret
    till.stripe.pay(intent, save=True)
    till.hear_of(intent)
    till.refund(till.get(top_up.id))
    till.run_job("send_refunds")

    printed = capsys.readouterr()
    logged = caplog.text + printed.out + printed.err
    assert "take_payment_notice" in logged
    for hidden in (SECRET_KEY, WEBHOOK_SECRET, GOOD_CARD, secret):
        assert hidden not in logged


def _foreign_intent(till: CardTill, metadata: dict[str, str]) -> str:
    """An intent that was made at Stripe past us, and paid."""
    made = till.stripe.post(
        "payment_intents",
        {"amount": 11900, "currency": "eur", "metadata": metadata},
    )
    till.stripe.pay(made["id"])
    return str(made["id"])
