"""A top-up's page and the form of one, before a billing whose answers are made up."""

from dataclasses import replace as fields_replaced
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace

from shared.contracts.billing.dashboard import DASHBOARD
from shared.contracts.billing.payments import GatewayName, PaymentState, PaymentTax
from shared.contracts.billing.tax import TaxReason
from shared.contracts.billing.top_ups import (
    BEGIN_TOP_UP,
    GET_TOP_UP,
    LIST_OPEN_TOP_UPS,
    START_PAYMENT,
    BeginTopUp,
    NextStep,
    QuoteTopUp,
    StartedPayment,
    TopUpState,
)
from shared.errors import Unavailable
from shared.permissions import Permission
from tests.fixtures.documents import money
from tests.fixtures.fake_services import OURS, FakeServices
from tests.fixtures.web.top_ups import (
    ADDRESS,
    ASK,
    TOP_UP_ID,
    csrf,
    duplicate,
    fetched,
    has_wallet,
    opened,
    quoted,
    refusing,
    shown,
    top_up_with,
    words,
)
from web.page.context import EXTENSION
from web.page.freshness.last_known import LastKnown

SANDBOX = "https://pay.example"
AT_GATEWAY = f"{SANDBOX}/1"
CARD = f"/funds/top-ups/{TOP_UP_ID}/card?company={OURS}"


@pytest.fixture
def browser(billing: FakeServices) -> FlaskClient:
    return billing.browser()


@pytest.fixture
def _has_sandbox(billing: FakeServices, answered_app: Flask) -> None:
    ours = answered_app.extensions[EXTENSION]
    settings = fields_replaced(ours.settings, sandbox_url=SANDBOX)
    answered_app.extensions[EXTENSION] = fields_replaced(ours, settings=settings)


@pytest.mark.parametrize("path", ["", "/state"])
@pytest.mark.parametrize("may", [True, False])
def test_what_is_to_be_done_is_offered_to_who_may_do_it(
    billing: FakeServices, browser: FlaskClient, path: str, *, may: bool
) -> None:
    if not may:
        billing.permissions -= {Permission.ADD_FUNDS}
    payment = duplicate(PaymentState.PENDING)
    shown(billing, payment, TopUpState.PENDING)

    page = fetched(browser, f"/funds/top-ups/{TOP_UP_ID}{path}?company={OURS}")

    for to in ("/pay", "/cancel"):
        assert (f'action="/funds/top-ups/{TOP_UP_ID}{to}?' in page) is may
    assert (ASK in page) is may
    assert may or "/funds/add" not in page
    assert 'hx-trigger="every 2s"' in page


@pytest.mark.parametrize(
    ("gateway", "told"),
    [(GatewayName.BANK_TRANSFER, "Waiting"), (GatewayName.STRIPE, "In progress")],
)
def test_a_transfer_that_nobody_has_seen_is_waited_for(
    billing: FakeServices, browser: FlaskClient, gateway: GatewayName, told: str
) -> None:
    payment = replace(
        duplicate(PaymentState.PENDING), gateway=gateway, duplicate_of=None
    )
    shown(billing, payment, TopUpState.PENDING)

    payments = opened(browser, ADDRESS).partition('id="top-up-payments"')[2]

    assert f"{told} 119.00 EUR" in words(payments)


def test_a_payment_taxed_otherwise_than_quoted_says_how(
    billing: FakeServices, browser: FlaskClient
) -> None:
    about = {"rate_percent": "20", "taxed_in": "DE", "country": "DE"}
    reason = TaxReason(code="domestic_private", parameters=about, fields=[])
    payment = replace(
        duplicate(PaymentState.SUCCEEDED),
        duplicate_of=None,
        duplicate_top_up_id=None,
        tax=PaymentTax(net=money("99.17"), tax=money("19.83"), reason=reason),
    )
    shown(billing, payment, TopUpState.SUCCEEDED)

    page = words(opened(browser, ADDRESS))

    assert "Germany, private customer. 99.17 EUR net, 19.83 EUR VAT" in page


@pytest.mark.parametrize("tax", ["19", "0"])
def test_a_refund_includes_vat_only_where_some_was_paid(
    billing: FakeServices, browser: FlaskClient, tax: str
) -> None:
    payment = duplicate(PaymentState.SUCCEEDED)
    refunded = replace(
        top_up_with(payment, TopUpState.REFUNDED),
        tax=money(tax),
        refunded=money("100"),
    )
    shown(billing, payment)
    billing.answers[str(GET_TOP_UP)] = lambda _: refunded

    assert ("VAT." in words(opened(browser, ADDRESS))) is (tax != "0")


@pytest.mark.parametrize(
    ("payment", "state", "has_any"),
    [
        (PaymentState.FAILED, TopUpState.FAILED, False),
        (PaymentState.PENDING, TopUpState.PENDING, False),
        (PaymentState.CHARGED_BACK, TopUpState.CHARGED_BACK, True),
    ],
)
def test_a_top_up_without_money_leads_to_no_empty_list(
    billing: FakeServices,
    browser: FlaskClient,
    payment: PaymentState,
    state: TopUpState,
    *,
    has_any: bool,
) -> None:
    shown(billing, duplicate(payment), state)

    page = opened(browser, ADDRESS)

    assert (f"?top-up={TOP_UP_ID}" in page) is has_any
    assert ("/transactions?q=TU-1" in page) is has_any


def test_an_amount_without_a_currency_is_of_the_primary_wallet(
    billing: FakeServices, browser: FlaskClient
) -> None:
    quoted(billing, repeats=False)
    has_wallet(billing)
    billing.answers[str(LIST_OPEN_TOP_UPS)] = refusing(Unavailable("away"))

    page = opened(browser, "/funds/add?net=100")

    (asked_for,) = (
        each for _, _, each in billing.calls if isinstance(each, QuoteTopUp)
    )
    assert asked_for.net == money("100")
    assert "This currency does not exist." not in page


@pytest.mark.usefixtures("_has_sandbox")
def test_a_top_up_is_begun_without_the_calls_of_a_page(
    billing: FakeServices, browser: FlaskClient
) -> None:
    form = filled_in(billing, browser)
    begun = top_up_with(duplicate(PaymentState.PENDING), TopUpState.PENDING)
    started = StartedPayment(top_up=begun, redirect_url=AT_GATEWAY)
    billing.answers[str(BEGIN_TOP_UP)] = lambda _: begun
    billing.answers[str(START_PAYMENT)] = lambda _: started

    answer = browser.post("/funds/add", data=form)

    assert answer.headers["Location"] == AT_GATEWAY
    assert calls(billing) == [str(BEGIN_TOP_UP), str(START_PAYMENT)]
    assert billing.sessions_resumed == 1


@pytest.mark.parametrize(
    ("next_step", "redirect_url", "gateway", "leads_to"),
    [
        (NextStep.REDIRECT, AT_GATEWAY, GatewayName.SANDBOX, AT_GATEWAY),
        (NextStep.CARD_FORM, None, GatewayName.STRIPE, CARD),
        (NextStep.INSTRUCTIONS, None, GatewayName.BANK_TRANSFER, ADDRESS),
        (NextStep.NONE, None, GatewayName.SANDBOX, ADDRESS),
        # From a billing that does not know of next steps yet.
        (NextStep.NONE, AT_GATEWAY, GatewayName.SANDBOX, AT_GATEWAY),
        (NextStep.NONE, None, GatewayName.STRIPE, CARD),
        (NextStep.NONE, None, GatewayName.BANK_TRANSFER, ADDRESS),
        # Browsers are sent to no other site, whatever an answer says.
        (NextStep.REDIRECT, "https://pay.example.evil/1", GatewayName.SANDBOX, ADDRESS),
        (NextStep.REDIRECT, "http://pay.example/1", GatewayName.SANDBOX, ADDRESS),
        (NextStep.REDIRECT, "https://x@pay.example/1", GatewayName.SANDBOX, ADDRESS),
        (NextStep.REDIRECT, "//pay.example/1", GatewayName.SANDBOX, ADDRESS),
    ],
)
@pytest.mark.usefixtures("_has_sandbox")
def test_the_next_step_leads_to_where_a_top_up_is_paid(
    billing: FakeServices,
    browser: FlaskClient,
    *,
    next_step: NextStep,
    redirect_url: str | None,
    gateway: GatewayName,
    leads_to: str,
) -> None:
    form = filled_in(billing, browser)
    begun = top_up_with(duplicate(PaymentState.PENDING), TopUpState.PENDING)
    started = StartedPayment(
        top_up=replace(begun, gateway=gateway),
        redirect_url=redirect_url,
        next_step=next_step,
    )
    billing.answers[str(BEGIN_TOP_UP)] = lambda _: begun
    billing.answers[str(START_PAYMENT)] = lambda _: started

    answer = browser.post("/funds/add", data=form)

    assert answer.status_code == 303
    assert answer.headers["Location"] == leads_to


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"net": "much"}, "Enter the amount in digits"),
        ({"currency": "XXY"}, "This currency does not exist."),
    ],
)
def test_a_form_that_lacks_something_is_shown_again(
    billing: FakeServices, browser: FlaskClient, wrong: dict[str, str], told: str
) -> None:
    form = filled_in(billing, browser)

    answer = browser.post("/funds/add", data=form | wrong)

    assert answer.status_code == 422
    assert told in answer.text
    assert 'name="form_key" value="a-key"' in answer.text
    assert str(BEGIN_TOP_UP) not in calls(billing)
    assert calls(billing).count(str(DASHBOARD)) == 1


def test_what_was_typed_stays_while_identity_is_away(
    billing: FakeServices, browser: FlaskClient
) -> None:
    form = filled_in(billing, browser)
    billing.identity_is_away = True

    answer = browser.post("/funds/add", data=form | {"net": "123.45"})

    assert answer.status_code == 503
    assert 'value="123.45"' in answer.text
    assert 'name="form_key" value="a-key"' in answer.text
    assert "reach this part right now." in answer.text
    assert 'id="block-balance"' in answer.text
    assert str(BEGIN_TOP_UP) not in calls(billing)


def test_an_unreadable_amount_is_refused_while_identity_is_away_too(
    billing: FakeServices, browser: FlaskClient
) -> None:
    form = filled_in(billing, browser)
    billing.identity_is_away = True

    answer = browser.post("/funds/add", data=form | {"net": "much"})

    assert answer.status_code == 422
    assert "Enter the amount in digits" in answer.text
    assert 'value="much"' in answer.text


def test_without_a_principal_no_form_is_shown_while_identity_is_away(
    billing: FakeServices, browser: FlaskClient
) -> None:
    form = filled_in(billing, browser)
    billing.identity_is_away = True
    billing.clock.move(timedelta(minutes=6))

    answer = browser.post("/funds/add", data=form)

    assert answer.status_code == 503
    assert 'id="block-balance"' not in answer.text


def test_the_amount_is_read_in_the_users_language(
    billing: FakeServices, browser: FlaskClient, answered_app: Flask
) -> None:
    billing.locale = "de"
    form = filled_in(billing, browser)
    billing.answers[str(BEGIN_TOP_UP)] = refusing(Unavailable("away"))
    known = answered_app.extensions[EXTENSION]
    answered_app.extensions[EXTENSION] = fields_replaced(known, last_known=LastKnown())

    browser.post("/funds/add", data=form | {"net": "1.000,50"})

    (begun,) = (each for _, _, each in billing.calls if isinstance(each, BeginTopUp))
    assert begun.net == money("1000.50")


def test_a_role_without_top_ups_sees_a_notice_within_the_frame(
    billing: FakeServices, browser: FlaskClient
) -> None:
    billing.permissions -= {Permission.ADD_FUNDS}
    form = filled_in(billing, browser)

    answer = browser.post("/funds/add", data=form)

    assert answer.status_code == 403
    assert 'id="block-balance"' in answer.text


def filled_in(billing: FakeServices, browser: FlaskClient) -> dict[str, str]:
    """The form for 100 EUR, from a page of a moment ago; calls count from here on."""
    quoted(billing, repeats=False)
    has_wallet(billing)
    billing.answers[str(LIST_OPEN_TOP_UPS)] = refusing(Unavailable("away"))
    token = csrf(opened(browser, "/funds/add"))
    billing.calls.clear()
    billing.sessions_resumed = 0
    return {
        "csrf_token": token,
        "company": str(OURS),
        "net": "100",
        "currency": "EUR",
        "gateway": "sandbox",
        "digest": "d",
        "form_key": "a-key",
    }


def calls(billing: FakeServices) -> list[str]:
    return [method for method, _, _ in billing.calls]
