"""Money that comes in: quoted, paid at a gateway, booked once, never swallowed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from uuid import uuid4

import pytest
from sqlalchemy import select

from services.billing.gateways.gateway import LASTS, Checkout, Order
from services.billing.gateways.sandbox import SandboxGateway
from services.billing.models.payments import Payment
from services.billing.payments.checkout import ASKED_FOR
from shared.contracts.billing.payments import PaymentState
from shared.contracts.billing.top_ups import (
    START_PAYMENT,
    StartPayment,
    TopUp,
    TopUpState,
)
from shared.contracts.identity.verification.levels import VerificationLevel
from shared.errors import Conflict, InvalidInput, NotFound, Unauthenticated
from tests.fixtures.billing.harness import BillingHarness, money
from tests.fixtures.billing.payer import Payer


def test_only_the_net_enters_the_wallet(payer: Payer) -> None:
    paid = payer.pay("100.00")

    assert paid.state is TopUpState.SUCCEEDED
    assert paid.gross == money("119.00")
    assert payer.balance == Decimal("100.00")
    assert payer.harness.differences() == []


def test_nothing_enters_the_wallet_before_the_gateway_says_so(payer: Payer) -> None:
    top_up = payer.begin("100.00")
    payer.start(top_up)

    assert payer.get(top_up.id).state is TopUpState.PENDING
    assert payer.balance == 0


@pytest.mark.parametrize(
    ("choice", "state", "balance"),
    [
        ("decline", TopUpState.FAILED, "0"),
        ("cancel", TopUpState.CANCELLED, "0"),
        ("never-answer", TopUpState.PENDING, "0"),
        ("stay-silent", TopUpState.SUCCEEDED, "100"),
        ("tell-twice", TopUpState.SUCCEEDED, "100"),
        ("pay-twice", TopUpState.SUCCEEDED, "200"),
        ("charge-back", TopUpState.CHARGED_BACK, "0"),
    ],
)
def test_what_the_customer_does_on_the_hosted_page_is_what_is_booked(
    payer: Payer, choice: str, state: TopUpState, balance: str
) -> None:
    paid = payer.pay(choice=choice)

    assert paid.state is state
    assert payer.balance == Decimal(balance)
    assert payer.harness.differences() == []


def test_a_payment_leads_back_to_our_own_pages_only(payer: Payer) -> None:
    top_up = payer.begin()
    elsewhere = StartPayment(top_up_id=top_up.id, return_url="https://evil.example/")

    with pytest.raises(InvalidInput, match="bad_return_url"):
        payer.harness.call(START_PAYMENT, elsewhere, payer.owner())

    assert payer.get(top_up.id).payments == []


def test_a_declined_payment_says_why(payer: Payer) -> None:
    (payment,) = payer.pay(choice="decline").payments

    assert payment.state is PaymentState.FAILED
    assert payment.failure == "card_declined"


def test_a_second_payment_for_one_top_up_is_credited_and_marked(payer: Payer) -> None:
    first, second = payer.pay(choice="pay-twice").payments

    assert first.duplicate_of is None
    assert second.duplicate_of == first.id
    assert payer.balance == 200


def test_a_payment_that_is_pending_succeeds_when_the_gateway_says_so(
    payer: Payer,
) -> None:
    top_up = payer.begin()
    payer.start(top_up)
    (payment,) = payer.get(top_up.id).payments
    payer.notify(payment, "pending")
    assert payer.get(top_up.id).state is TopUpState.PENDING

    payer.notify(payment, "succeeded")

    assert payer.get(top_up.id).state is TopUpState.SUCCEEDED


@pytest.mark.parametrize(
    "order", sorted(set(permutations(["pending", "succeeded", "succeeded", "failed"])))
)
def test_notices_in_any_order_credit_what_was_paid_once(
    payer: Payer, order: tuple[str, ...]
) -> None:
    top_up = payer.begin()
    payer.start(top_up)
    (payment,) = payer.get(top_up.id).payments

    for outcome in order:
        payer.notify(payment, outcome)

    assert payer.balance == 100
    assert payer.get(top_up.id).state is TopUpState.SUCCEEDED


def test_twenty_deliveries_of_one_notice_credit_once(payer: Payer) -> None:
    top_up = payer.begin()
    payer.start(top_up)
    (payment,) = payer.get(top_up.id).payments

    with ThreadPoolExecutor(10) as pool:
        deliveries = [pool.submit(payer.notify, payment) for _ in range(20)]
    for delivery in deliveries:
        delivery.result()

    assert payer.balance == 100
    assert payer.harness.differences() == []


def test_fifty_submissions_of_one_form_are_one_top_up(payer: Payer) -> None:
    quote = payer.quote("100.00")
    key = str(uuid4())

    with ThreadPoolExecutor(10) as pool:
        begun = list(pool.map(lambda _: payer.begin_as_quoted(quote, key), range(50)))
    pages = {payer.start(top_up) for top_up in begun}

    assert len({top_up.id for top_up in begun}) == 1
    assert len(pages) == 1


def test_a_forged_notice_is_refused_and_books_nothing(payer: Payer) -> None:
    top_up = payer.begin()
    payer.start(top_up)
    (payment,) = payer.get(top_up.id).payments

    with pytest.raises(Unauthenticated, match="notice_forged"):
        payer.notify(payment, secret="another secret")

    assert payer.balance == 0


def test_a_payment_of_another_amount_is_credited_as_it_came(payer: Payer) -> None:
    top_up = payer.begin("100.00")
    payer.start(top_up)
    (payment,) = payer.get(top_up.id).payments

    payer.notify(payment, amount="59.50")

    assert payer.balance == 50
    assert payer.harness.differences() == []


@pytest.mark.parametrize("end", ["cancel", "expire"])
def test_money_for_a_top_up_that_has_ended_is_still_credited(
    payer: Payer, end: str
) -> None:
    top_up = payer.begin()
    payer.start(top_up)
    (payment,) = payer.get(top_up.id).payments
    if end == "cancel":
        assert payer.cancel(top_up).state is TopUpState.CANCELLED
    else:
        assert _expire(payer, top_up).state is TopUpState.EXPIRED

    payer.notify(payment)

    assert payer.get(top_up.id).state is TopUpState.SUCCEEDED
    assert payer.balance == 100


@pytest.mark.parametrize("end", ["cancel", "expire", "decline"])
def test_a_page_left_open_that_is_paid_after_the_end_is_found_by_asking(
    payer: Payer, end: str
) -> None:
    top_up = payer.begin()
    page = payer.start(top_up)
    match end:
        case "cancel":
            payer.cancel(top_up)
        case "expire":
            _expire(payer, top_up)
        case choice:
            payer.sandbox.choose(page, choice)
    payer.reconcile()
    assert payer.balance == 0

    payer.sandbox.choose(page, "stay-silent")
    payer.reconcile()

    assert payer.get(top_up.id).state is TopUpState.SUCCEEDED
    assert payer.balance == 100


def test_who_cancels_while_the_page_is_made_is_not_sent_there(
    payer: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    top_up = payer.begin()
    pages = []
    open_checkout = SandboxGateway.open_checkout

    def open_and_cancel(gateway: SandboxGateway, order: Order) -> Checkout:
        checkout = open_checkout(gateway, order)
        pages.append(checkout.redirect_url)
        payer.cancel(top_up)
        return checkout

    monkeypatch.setattr(SandboxGateway, "open_checkout", open_and_cancel)

    with pytest.raises(Conflict, match="top_up_ended"):
        payer.start(top_up)

    (page,) = pages
    assert page is not None
    payer.sandbox.choose(page, "stay-silent")
    payer.reconcile()
    assert payer.balance == 100


def test_a_page_that_is_made_twice_at_once_is_paid_once(
    payer: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of the two hears from the gateway when the money has come already."""
    top_up = payer.begin()
    open_checkout = SandboxGateway.open_checkout

    def open_and_pay_elsewhere(gateway: SandboxGateway, order: Order) -> Checkout:
        monkeypatch.undo()
        payer.sandbox.choose(payer.start(top_up), "stay-silent")
        payer.reconcile()
        assert payer.balance == 100
        return open_checkout(gateway, order)

    monkeypatch.setattr(SandboxGateway, "open_checkout", open_and_pay_elsewhere)

    with pytest.raises(Conflict, match="top_up_ended"):
        payer.start(top_up)

    payer.reconcile()
    (payment,) = payer.get(top_up.id).payments
    assert payment.state is PaymentState.SUCCEEDED
    assert payer.balance == 100
    assert payer.harness.differences() == []


def test_of_two_checkouts_the_first_stays(
    payer: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    top_up = payer.begin()
    pages = []

    def open_another(_gateway: SandboxGateway, _order: Order) -> Checkout:
        monkeypatch.undo()
        pages.append(payer.start(top_up))
        return Checkout("another", "http://localhost/another")

    monkeypatch.setattr(SandboxGateway, "open_checkout", open_another)

    assert [payer.start(top_up)] == pages


def test_a_payment_is_not_asked_about_for_ever(payer: Payer) -> None:
    top_up = payer.begin()
    payer.start(top_up)
    payer.cancel(top_up)
    payer.harness.pass_time(ASKED_FOR)

    payer.reconcile()

    with payer.harness.database.company(payer.harness.company_id) as session:
        assert session.scalars(select(Payment.ask_at)).all() == [None]


def test_a_top_up_that_has_ended_can_not_be_paid_or_cancelled(payer: Payer) -> None:
    top_up = payer.begin()
    payer.cancel(top_up)

    for again in (payer.cancel, payer.start):
        with pytest.raises(Conflict, match="top_up_ended"):
            again(top_up)


def test_a_quote_that_has_changed_is_not_charged(payer: Payer) -> None:
    quote = payer.quote("100.00")
    other = payer.quote("101.00")
    bent = type(quote)(
        **{name: getattr(quote, name) for name in quote.__struct_fields__}
        | {"digest": other.digest}
    )

    with pytest.raises(Conflict, match="quote_changed"):
        payer.begin_as_quoted(bent)


@pytest.mark.parametrize(
    ("net", "problem"),
    [
        ("9.99", "below_minimum"),
        ("1000.01", "above_maximum"),
        ("5000.01", "above_max_balance"),
    ],
)
def test_amounts_beyond_the_limits_are_named_and_not_begun(
    payer: Payer, net: str, problem: str
) -> None:
    quote = payer.quote(net)

    assert problem in [each.code for each in quote.problems]
    with pytest.raises(Conflict):
        payer.begin_as_quoted(quote)


def test_open_top_ups_count_against_the_maximum_balance(payer: Payer) -> None:
    for _ in range(5):
        payer.begin("1000.00")

    quote = payer.quote("10.00")

    assert [each.code for each in quote.problems] == ["above_max_balance"]


def test_with_an_email_a_company_tops_up_a_hundred_in_a_day(payer: Payer) -> None:
    payer.harness.verify(VerificationLevel.EMAIL)
    payer.pay("60.00")
    assert [each.code for each in payer.quote("40.01").problems] == ["above_day_limit"]
    assert payer.quote("40.01").day_left == money("40")

    payer.harness.pass_time(timedelta(hours=24))

    assert payer.quote("100.00").problems == []


def test_what_is_paid_counts_within_a_day_whenever_it_was_asked_for(
    payer: Payer,
) -> None:
    payer.harness.verify(VerificationLevel.EMAIL)
    for _ in range(2):
        top_up = payer.begin("100.00")
        payer.start(top_up)
        payer.cancel(top_up)
        payer.harness.pass_time(timedelta(days=2))
        (payment,) = payer.get(top_up.id).payments
        assert not payment.is_late
        payer.notify(payment)

        (payment,) = payer.get(top_up.id).payments
        assert payment.is_late
        assert payer.quote("10.00").day_left == money("0")
        payer.harness.pass_time(timedelta(hours=24))

    assert payer.balance == 200
    assert payer.quote("100.00").problems == []


def test_what_is_open_counts_within_a_day_as_long_as_it_is(
    payer: Payer,
) -> None:
    payer.harness.verify(VerificationLevel.EMAIL)
    top_up = payer.begin("100.00")
    payer.harness.pass_time(timedelta(hours=25))
    assert payer.quote("10.00").day_left == money("0")

    payer.cancel(top_up)

    assert payer.quote("100.00").problems == []


@pytest.mark.parametrize("net", ["0", "-10", "10.001", "99999999999999999"])
def test_amounts_that_are_none_are_refused(payer: Payer, net: str) -> None:
    with pytest.raises(InvalidInput, match="bad_amount"):
        payer.quote(net)


def test_a_currency_without_wallet_is_refused(payer: Payer) -> None:
    with pytest.raises(NotFound, match="no_such_wallet"):
        payer.quote("100", "USD")


def test_an_amount_above_the_maximum_is_split_within_the_limits(payer: Payer) -> None:
    split = payer.quote("2005.00").split

    assert sum(each.amount for each in split) == Decimal("2005.00")
    assert all(10 <= each.amount <= 1000 for each in split)


def test_another_company_can_neither_see_nor_pay_a_top_up(payer: Payer) -> None:
    top_up = payer.begin()
    stranger = Payer(
        BillingHarness(payer.harness.database, gateways=payer.harness.gateways),
        payer.sandbox,
    )

    for attempt in (lambda: stranger.get(top_up.id), lambda: stranger.start(top_up)):
        with pytest.raises(NotFound, match="no_such_top_up"):
            attempt()


def _expire(payer: Payer, top_up: TopUp) -> TopUp:
    payer.harness.pass_time(LASTS)
    payer.harness.run_job("expire_top_ups")
    return payer.get(top_up.id)
