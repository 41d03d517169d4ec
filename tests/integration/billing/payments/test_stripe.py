"""Top-ups by card, at Stripe's stand-in: paid, declined, secured, saved."""

from dataclasses import replace
from decimal import Decimal

import pytest

from services.billing.gateways import stripe as stripe_gateway
from services.billing.gateways.gateway import LASTS
from services.billing.models.payments import Payment
from shared.contracts.billing.payments import GatewayName, PaymentState
from shared.contracts.billing.top_ups import TopUpState
from shared.contracts.notes import card_note
from shared.db.database import Database
from shared.errors import Conflict, NotFound, Unavailable
from tests.fixtures.billing.card_till import CardTill, a_card_till
from tests.fixtures.sandbox import NOWHERE
from tests.fixtures.stripe import (
    DECLINED_CARD,
    GOOD_CARD,
    SECRET_KEY,
    SECURE_CARD,
    WEBHOOK_SECRET,
    LocalStripe,
)


@pytest.fixture
def till(billing_database: Database, stripe: LocalStripe) -> CardTill:
    return a_card_till(billing_database, stripe)


def test_a_card_pays_the_gross_and_the_net_enters_the_wallet(till: CardTill) -> None:
    paid, intent = till.pay("100.00")

    assert till.stripe.intent(intent)["amount"] == 11900
    assert paid.state is TopUpState.SUCCEEDED
    assert paid.payments[0].paid_with == card_note("Visa", "4242")
    assert till.balance == 100
    assert till.office.differences() == []
    with till.office.database.system() as session:
        payment = session.get_one(Payment, paid.payments[0].id)
        evidence = {"profile": "DE", "card": "FR", "bank_account": "", "phone": ""}
        assert payment.place_evidence == evidence


def test_nothing_enters_the_wallet_before_stripe_says_so(till: CardTill) -> None:
    top_up = till.begin()
    till.stripe.pay(till.start(top_up))

    assert till.get(top_up.id).state is TopUpState.PENDING
    assert till.balance == 0


def test_the_same_payment_begun_again_is_the_same_intent(till: CardTill) -> None:
    top_up = till.begin()

    assert till.start(top_up) == till.start(top_up)


def test_a_declined_card_is_shown_and_another_one_can_pay(
    till: CardTill,
) -> None:
    top_up = till.begin()
    intent = till.start(top_up)
    till.stripe.pay(intent, DECLINED_CARD)
    till.receive_notice_of(intent)

    shown = till.get(top_up.id)
    assert shown.state is TopUpState.PENDING
    assert shown.payments[0].failure == "card_declined"
    assert till.form(top_up).client_secret
    assert till.balance == 0


def test_a_declined_payment_that_nobody_mends_is_a_failed_one(till: CardTill) -> None:
    top_up = till.begin()
    intent = till.start(top_up)
    till.stripe.pay(intent, DECLINED_CARD)
    till.receive_notice_of(intent)

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
    till.receive_notice_of(intent)

    assert till.get(top_up.id).state is TopUpState.SUCCEEDED
    assert till.balance == 100


def test_3_d_secure_that_failed_is_shown_and_books_nothing(till: CardTill) -> None:
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
    till.receive_notice_of(first)
    second = till.begin()
    intent = till.start(second)

    (card,) = till.form(second).cards
    till.stripe.pay_with(intent, card.id)
    till.receive_notice_of(intent)

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


def test_every_saved_card_is_listed(till: CardTill) -> None:
    top_up = till.begin()
    customer = till.stripe.intent(till.start(top_up))["customer"]
    saved = {till.stripe.save_card(customer) for _ in range(21)}

    assert {each.id for each in till.form(top_up).cards} == saved


def test_a_card_that_the_list_is_too_short_for_is_forgotten_too(
    till: CardTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    top_up = till.begin()
    customer = till.stripe.intent(till.start(top_up))["customer"]
    saved = {till.stripe.save_card(customer) for _ in range(2)}
    monkeypatch.setattr(stripe_gateway, "MAX_CARDS", 1)
    (listed,) = (each.id for each in till.form(top_up).cards)
    (other,) = saved - {listed}

    till.forget(other)

    with pytest.raises(NotFound, match="no_such_card"):
        till.forget(other)
    assert [each.id for each in till.form(top_up).cards] == [listed]


@pytest.mark.parametrize("card", ["", ".", "..", "pm_1/detach", "pm_none", "pm_é"])
def test_an_id_that_is_not_a_cards_removes_nothing(till: CardTill, card: str) -> None:
    till.start(till.begin())

    with pytest.raises(NotFound, match="no_such_card"):
        till.forget(card)


def test_another_company_neither_sees_nor_forgets_a_card(till: CardTill) -> None:
    mine = till.begin()
    card = till.stripe.pay(till.start(mine), save=True)
    stranger = a_card_till(till.office.database, till.stripe)
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


def test_without_stripe_a_top_up_is_kept_and_gone_on_with_later(
    till: CardTill,
) -> None:
    top_up = till.begin()
    reached = till.ways[GatewayName.STRIPE]
    till.ways[GatewayName.STRIPE] = replace(till.stripe.gateway(), api_base=NOWHERE)
    with pytest.raises(Unavailable, match="gateway_unreachable"):
        till.start(top_up)
    assert till.get(top_up.id).state is TopUpState.DRAFT
    till.ways[GatewayName.STRIPE] = reached

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
    till.receive_notice_of(intent)
    till.refund(till.get(top_up.id))
    till.run_job("send_refunds")

    printed = capsys.readouterr()
    logged = caplog.text + printed.out + printed.err
    assert "take_payment_notice" in logged
    for hidden in (SECRET_KEY, WEBHOOK_SECRET, GOOD_CARD, secret):
        assert hidden not in logged
