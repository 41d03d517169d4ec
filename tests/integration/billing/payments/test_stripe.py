"""Top-ups by card, at Stripe's stand-in: paid, declined, secured, saved."""

from dataclasses import replace
from decimal import Decimal

import pytest

from services.billing.gateways import stripe as stripe_gateway
from services.billing.gateways.gateway import LASTS
from services.billing.models.payments import Payment
from services.identity.roles import PERMISSIONS
from shared.contracts import billing
from shared.contracts.billing.payments import GatewayName, PaymentState
from shared.contracts.billing.top_ups import TopUpState
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.verification.levels import VerificationLevel
from shared.contracts.notes import card_note
from shared.db.database import Database
from shared.errors import Conflict, NotFound, Unavailable
from shared.principal import Kind
from tests.fixtures.billing.card_payer import CardPayer, a_card_payer
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
def payer(billing_database: Database, stripe: LocalStripe) -> CardPayer:
    return a_card_payer(billing_database, stripe)


def test_a_card_pays_the_gross_and_the_net_enters_the_wallet(payer: CardPayer) -> None:
    paid, intent = payer.pay("100.00")

    assert payer.stripe.intent(intent)["amount"] == 11900
    assert paid.state is TopUpState.SUCCEEDED
    assert paid.payments[0].paid_with == card_note("Visa", "4242")
    assert payer.balance == 100
    assert payer.harness.differences() == []
    with payer.harness.database.system() as session:
        payment = session.get_one(Payment, paid.payments[0].id)
        evidence = {"profile": "DE", "card": "FR", "bank_account": "", "phone": ""}
        assert payment.place_evidence == evidence


def test_nothing_enters_the_wallet_before_stripe_says_so(payer: CardPayer) -> None:
    top_up = payer.begin()
    payer.stripe.pay(payer.start(top_up))

    assert payer.get(top_up.id).state is TopUpState.PENDING
    assert payer.balance == 0


def test_the_same_payment_begun_again_is_the_same_intent(payer: CardPayer) -> None:
    top_up = payer.begin()

    assert payer.start(top_up) == payer.start(top_up)


def test_a_declined_card_is_shown_and_another_one_can_pay(
    payer: CardPayer,
) -> None:
    top_up = payer.begin()
    intent = payer.start(top_up)
    payer.stripe.pay(intent, DECLINED_CARD)
    payer.receive_notice_of(intent)

    shown = payer.get(top_up.id)
    assert shown.state is TopUpState.PENDING
    assert shown.payments[0].failure == "card_declined"
    assert payer.form(top_up).client_secret
    assert payer.balance == 0


def test_a_declined_payment_that_nobody_mends_is_a_failed_one(payer: CardPayer) -> None:
    top_up = payer.begin()
    intent = payer.start(top_up)
    payer.stripe.pay(intent, DECLINED_CARD)
    payer.receive_notice_of(intent)

    payer.harness.pass_time(LASTS)
    payer.run_job("expire_top_ups")

    (payment,) = payer.get(top_up.id).payments
    assert payment.state is PaymentState.FAILED
    assert payment.failure == "card_declined"


def test_3_d_secure_pays_only_once_it_is_passed(payer: CardPayer) -> None:
    top_up = payer.begin()
    intent = payer.start(top_up)
    payer.stripe.pay(intent, SECURE_CARD)
    payer.reconcile()
    assert payer.get(top_up.id).state is TopUpState.PENDING

    payer.stripe.authenticate(intent)
    payer.receive_notice_of(intent)

    assert payer.get(top_up.id).state is TopUpState.SUCCEEDED
    assert payer.balance == 100


def test_3_d_secure_that_failed_is_shown_and_books_nothing(payer: CardPayer) -> None:
    top_up = payer.begin()
    intent = payer.start(top_up)
    payer.stripe.pay(intent, SECURE_CARD)
    payer.stripe.authenticate(intent, success=False)

    payer.reconcile()

    (payment,) = payer.get(top_up.id).payments
    assert payment.failure == "payment_intent_authentication_failure"
    assert payer.balance == 0


def test_a_saved_card_is_listed_and_pays_the_next_top_up(payer: CardPayer) -> None:
    first = payer.start(payer.begin())
    payer.stripe.pay(first, save=True)
    payer.receive_notice_of(first)
    second = payer.begin()
    intent = payer.start(second)

    (card,) = payer.form(second).cards
    payer.stripe.pay_with(intent, card.id)
    payer.receive_notice_of(intent)

    assert (card.brand, card.last4) == ("Visa", "4242")
    assert (card.exp_month, card.exp_year) == (4, 2027)
    assert payer.balance == 200


def test_a_card_is_saved_only_if_the_customer_says_so(payer: CardPayer) -> None:
    payer.pay()
    top_up = payer.begin()
    payer.start(top_up)

    assert payer.form(top_up).may_save
    assert payer.form(top_up).cards == []


def test_a_forgotten_card_is_gone(payer: CardPayer) -> None:
    top_up = payer.begin()
    card = payer.stripe.pay(payer.start(top_up), save=True)

    payer.forget(card)

    assert "forget_card" in payer.harness.acts()
    following = payer.begin()
    payer.start(following)
    assert payer.form(following).cards == []
    with pytest.raises(NotFound, match="no_such_card"):
        payer.forget(card)


def test_every_saved_card_is_listed(payer: CardPayer) -> None:
    top_up = payer.begin()
    customer = payer.stripe.intent(payer.start(top_up))["customer"]
    saved = {payer.stripe.save_card(customer) for _ in range(21)}

    assert {each.id for each in payer.form(top_up).cards} == saved


def test_a_card_that_the_list_is_too_short_for_is_forgotten_too(
    payer: CardPayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    top_up = payer.begin()
    customer = payer.stripe.intent(payer.start(top_up))["customer"]
    saved = {payer.stripe.save_card(customer) for _ in range(2)}
    monkeypatch.setattr(stripe_gateway, "MAX_CARDS", 1)
    (listed,) = (each.id for each in payer.form(top_up).cards)
    (other,) = saved - {listed}

    payer.forget(other)

    with pytest.raises(NotFound, match="no_such_card"):
        payer.forget(other)
    assert [each.id for each in payer.form(top_up).cards] == [listed]


@pytest.mark.parametrize("card", ["", ".", "..", "pm_1/detach", "pm_none", "pm_é"])
def test_an_id_that_is_not_a_cards_removes_nothing(payer: CardPayer, card: str) -> None:
    payer.start(payer.begin())

    with pytest.raises(NotFound, match="no_such_card"):
        payer.forget(card)


def test_another_company_neither_sees_nor_forgets_a_card(payer: CardPayer) -> None:
    mine = payer.begin()
    card = payer.stripe.pay(payer.start(mine), save=True)
    stranger = a_card_payer(payer.harness.database, payer.stripe)
    theirs = stranger.begin()
    stranger.start(theirs)

    assert stranger.form(theirs).cards == []
    with pytest.raises(NotFound, match="no_such_card"):
        stranger.forget(card)
    with pytest.raises(NotFound, match="no_such_top_up"):
        stranger.form(mine)
    following = payer.begin()
    payer.start(following)
    assert [each.id for each in payer.form(following).cards] == [card]


def test_without_an_identity_document_no_card_is_saved(payer: CardPayer) -> None:
    payer.harness.verify(VerificationLevel.PHONE)
    top_up = payer.begin("50.00")
    intent = payer.start(top_up)

    assert not payer.form(top_up).may_save
    assert payer.stripe.intent(intent)["customer"] is None


def test_a_card_is_saved_after_a_recent_proof_only(payer: CardPayer) -> None:
    top_up = payer.begin()
    payer.start(top_up)
    token = payer.harness.principals.token(
        kind=Kind.USER,
        permissions=PERMISSIONS[Role.OWNER],
        company_id=payer.harness.company_id,
        has_proof=False,
    )
    request = billing.cards.ShowCardForm(top_up_id=top_up.id)

    form = payer.harness.call(billing.cards.SHOW_CARD_FORM, request, token)

    assert (form.may_save, form.save_needs_proof) == (False, True)
    assert not payer.form(top_up).save_needs_proof


def test_one_company_is_one_customer_of_stripe(payer: CardPayer) -> None:
    intents = [payer.start(payer.begin()) for _ in range(2)]

    customers = {payer.stripe.intent(each)["customer"] for each in intents}

    assert len(customers) == 1


def test_what_is_paid_has_no_card_form_any_more(payer: CardPayer) -> None:
    paid, _ = payer.pay()

    with pytest.raises(Conflict, match="no_card_payment"):
        payer.form(paid)


def test_without_stripe_a_top_up_is_kept_and_gone_on_with_later(
    payer: CardPayer,
) -> None:
    top_up = payer.begin()
    reached = payer.ways[GatewayName.STRIPE]
    payer.ways[GatewayName.STRIPE] = replace(payer.stripe.gateway(), api_base=NOWHERE)
    with pytest.raises(Unavailable, match="gateway_unreachable"):
        payer.start(top_up)
    assert payer.get(top_up.id).state is TopUpState.DRAFT
    payer.ways[GatewayName.STRIPE] = reached

    payer.stripe.pay(payer.start(top_up))
    payer.reconcile()

    assert payer.balance == Decimal(100)


def test_the_log_holds_neither_cards_nor_keys_nor_secrets(
    payer: CardPayer,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level("DEBUG")
    top_up = payer.begin()
    intent = payer.start(top_up)
    secret = payer.form(top_up).client_secret
    payer.stripe.pay(intent, save=True)
    payer.receive_notice_of(intent)
    payer.refund(payer.get(top_up.id))
    payer.run_job("send_refunds")

    printed = capsys.readouterr()
    logged = caplog.text + printed.out + printed.err
    assert "take_payment_notice" in logged
    for hidden in (SECRET_KEY, WEBHOOK_SECRET, GOOD_CARD, secret):
        assert hidden not in logged
