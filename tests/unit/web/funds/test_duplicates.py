"""What pages say of possible duplicates, before a billing whose answers are made up."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from msgspec.structs import replace
from werkzeug.test import TestResponse

from shared.contracts.billing.payments import GatewayName, PaymentState
from shared.contracts.billing.refund_requests import (
    ASK_FOR_REFUND,
    AskForRefund,
    RefundRequestState,
)
from shared.contracts.billing.top_ups import (
    BEGIN_TOP_UP,
    LIST_OPEN_TOP_UPS,
    BeginTopUp,
    TopUpState,
)
from shared.errors import Conflict, ContractError, InvalidInput, Unavailable
from tests.fixtures.fake_services import OURS, FakeServices
from tests.fixtures.web.top_ups import (
    ADDRESS,
    ASK,
    FIRST,
    OTHER_ID,
    SECOND,
    TOP_UP_ID,
    asked,
    csrf,
    duplicate,
    fetched,
    has_wallet,
    opened,
    quoted,
    refusing,
    shown,
    words,
)


@pytest.fixture
def browser(billing: FakeServices) -> FlaskClient:
    return billing.browser()


def test_a_further_payment_of_one_top_up_can_be_asked_back(
    billing: FakeServices, browser: FlaskClient
) -> None:
    shown(billing, duplicate())

    page = opened(browser, ADDRESS)

    assert 'data-duplicate="of_this" data-refund="offered"' in page
    assert "119.00 EUR" in words(page.partition("notice-title")[2])
    assert ASK in page
    assert f'name="payment" value="{SECOND}"' in page


def test_an_equal_payment_elsewhere_leads_to_its_top_up(
    billing: FakeServices, browser: FlaskClient
) -> None:
    shown(billing, duplicate(duplicate_top_up_id=OTHER_ID))

    page = opened(browser, ADDRESS)

    assert 'data-duplicate="same_amount"' in page
    assert f'href="/funds/top-ups/{OTHER_ID}?company={OURS}"' in page


def test_of_two_transfers_nothing_is_said_about_when_they_were_sent(
    billing: FakeServices, browser: FlaskClient
) -> None:
    """They count as paid when their statement is booked."""
    by_bank = GatewayName.BANK_TRANSFER
    shown(billing, replace(duplicate(duplicate_top_up_id=OTHER_ID), gateway=by_bank))

    page = opened(browser, ADDRESS)

    assert 'data-duplicate="transfer"' in page
    assert f'href="/funds/top-ups/{OTHER_ID}?company={OURS}"' in page
    assert "minutes" not in words(page)


@pytest.mark.parametrize(
    ("payment", "status"),
    [
        ({"refund_request": RefundRequestState.ASKED}, "under_review"),
        ({"refund_request": RefundRequestState.DECLINED}, "declined"),
        (
            {"refund_request": RefundRequestState.GRANTED, "left": "0"},
            "refunded_as_asked",
        ),
        (
            {"refund_request": RefundRequestState.GRANTED, "left": "113.05"},
            "not_paid_out",
        ),
        ({"refund_request": RefundRequestState.DECLINED, "left": "0"}, "refunded"),
        ({"left": "0"}, "refunded"),
        ({"state": PaymentState.CHARGED_BACK}, "reversed"),
        (
            {
                "state": PaymentState.CHARGED_BACK,
                "refund_request": RefundRequestState.CHARGED_BACK,
            },
            "reversed_when_asked",
        ),
    ],
)
def test_the_status_of_a_refund_is_shown_where_it_was_asked_for(
    billing: FakeServices, browser: FlaskClient, payment: dict[str, Any], status: str
) -> None:
    shown(billing, duplicate(**payment))

    page = opened(browser, ADDRESS)

    assert f'data-refund="{status}"' in page
    assert ("Both &lt;b&gt; were used" in page) is (status == "declined")
    assert ("113.05" in words(page)) is (status == "not_paid_out")
    assert ASK not in page


@pytest.mark.parametrize("left", ["0", "113.05"])
def test_a_duplicate_that_went_back_whole_no_longer_looks_open(
    billing: FakeServices, browser: FlaskClient, left: str
) -> None:
    shown(billing, duplicate(refund_request=RefundRequestState.GRANTED, left=left))

    page = opened(browser, ADDRESS)

    is_over = left == "0"
    assert ("notice-info" in page) is is_over
    assert ("notice-warning" in page.partition("top-up-state")[2]) is not is_over
    payment = words(page.partition('id="top-up-payments"')[2])
    assert ("Refunded" in payment) is is_over
    assert ("Paid" in payment) is not is_over


def test_what_is_left_of_a_duplicate_can_be_asked_back(
    billing: FakeServices, browser: FlaskClient
) -> None:
    shown(billing, duplicate(left="113.05"))

    page = opened(browser, ADDRESS)

    assert 'data-refund="rest_offered"' in page
    assert "113.05 EUR" in words(page.partition(ASK)[2])
    assert ASK in page


def test_what_went_back_meanwhile_is_said_to_who_asks(
    billing: FakeServices, browser: FlaskClient
) -> None:
    shown(billing, duplicate())
    page = opened(browser, ADDRESS)
    billing.answers[str(ASK_FOR_REFUND)] = refusing(Conflict("given_back_already"))

    refused = sent(browser, page)

    assert refused.status_code == 409
    assert "already refunded this payment" in refused.text


def test_asking_sends_the_form_s_key_and_leads_back(
    billing: FakeServices, browser: FlaskClient
) -> None:
    shown(billing, duplicate())
    page = opened(browser, ADDRESS)
    billing.answers[str(ASK_FOR_REFUND)] = lambda _: asked(RefundRequestState.ASKED)

    answer = sent(browser, page)

    assert answer.status_code == 303
    assert answer.headers["Location"] == ADDRESS
    (said,) = (each for _, _, each in billing.calls if isinstance(each, AskForRefund))
    assert said == AskForRefund(payment_id=SECOND, reason="Clicked twice")


def test_what_was_asked_already_is_shown_as_it_is(
    billing: FakeServices, browser: FlaskClient
) -> None:
    shown(billing, duplicate())
    page = opened(browser, ADDRESS)
    billing.answers[str(ASK_FOR_REFUND)] = refusing(Conflict("refund_asked_already"))
    assert sent(browser, page).status_code == 303

    billing.answers[str(ASK_FOR_REFUND)] = refusing(Conflict("not_a_duplicate"))
    refused = sent(browser, page)

    assert refused.status_code == 409
    assert "not marked as a possible duplicate" in refused.text


@pytest.mark.parametrize(
    ("refusal", "beside"),
    [
        (InvalidInput("bad_reason", parameters={"max_length": 500}), True),
        (Conflict("not_a_duplicate"), False),
        (Unavailable("service_unreachable"), False),
    ],
)
def test_a_reason_that_was_typed_stays_when_it_is_refused(
    billing: FakeServices, browser: FlaskClient, refusal: ContractError, *, beside: bool
) -> None:
    shown(billing, duplicate())
    page = opened(browser, ADDRESS)
    billing.answers[str(ASK_FOR_REFUND)] = refusing(refusal)

    refused = sent(browser, page)

    assert refused.status_code == refusal.http_status
    assert 'value="Clicked twice"' in refused.text
    assert (f'id="field-reason-{SECOND}-error"' in refused.text) is beside
    assert ("notice-danger" in refused.text) is not beside
    assert 'name="form_key" value="a-key"' in refused.text


def test_a_reason_in_the_address_is_filled_in_at_its_payment(
    billing: FakeServices, browser: FlaskClient
) -> None:
    shown(billing, duplicate())

    page = opened(browser, f"{ADDRESS}&payment={SECOND}&reason=Twice")

    assert f'id="field-reason-{SECOND}"' in page
    assert 'value="Twice"' in page
    other = opened(browser, f"{ADDRESS}&payment={FIRST}&reason=Twice")
    assert 'value="Twice"' not in other


def test_an_equal_top_up_just_before_is_shown_and_then_confirmed(
    billing: FakeServices, browser: FlaskClient
) -> None:
    quoted(billing, repeats=True)
    page = fetched(browser, "/funds/quote?net=100&currency=EUR")

    assert f'href="/funds/top-ups/{OTHER_ID}?company={OURS}"' in page
    assert '<input type="hidden" name="is_intended" value="yes">' in page

    quoted(billing, repeats=False)
    page = fetched(browser, "/funds/quote?net=100&currency=EUR")

    assert "is_intended" not in page


@pytest.mark.parametrize(
    ("state", "can_be_paid"),
    [
        (TopUpState.PENDING, True),
        (TopUpState.SUCCEEDED, False),
        (TopUpState.PARTLY_REFUNDED, False),
    ],
)
def test_an_equal_top_up_is_said_to_be_payable_where_it_is(
    billing: FakeServices, browser: FlaskClient, state: TopUpState, *, can_be_paid: bool
) -> None:
    quoted(billing, repeats=True, state=state)

    page = fetched(browser, "/funds/quote?net=100&currency=EUR")

    assert ("it can still be paid" in page) is can_be_paid


@pytest.mark.parametrize("was_told", [True, False])
def test_a_top_up_without_an_answer_is_sent_again_as_it_was(
    billing: FakeServices, browser: FlaskClient, *, was_told: bool
) -> None:
    """What its quote tells of by then may be itself."""
    shown(billing, duplicate())
    token = csrf(opened(browser, ADDRESS))
    quoted(billing, repeats=True)
    has_wallet(billing)
    billing.answers[str(BEGIN_TOP_UP)] = refusing(Unavailable("away"))
    billing.answers[str(LIST_OPEN_TOP_UPS)] = refusing(Unavailable("away"))
    form = {
        "csrf_token": token,
        "company": str(OURS),
        "net": "100",
        "currency": "EUR",
        "gateway": "sandbox",
        "digest": "d",
        "form_key": "a-key",
    }

    told = {"is_intended": "yes"} if was_told else {}
    answer = browser.post("/funds/add", data=form | told)

    (begun,) = (each for _, _, each in billing.calls if isinstance(each, BeginTopUp))
    assert begun.is_intended is was_told
    assert 'name="form_key" value="a-key"' in answer.text
    assert ('name="is_intended"' in answer.text) is was_told
    assert f"/funds/top-ups/{OTHER_ID}" not in answer.text


def sent(browser: FlaskClient, page: str) -> TestResponse:
    return browser.post(
        f"/funds/top-ups/{TOP_UP_ID}/refund-requests",
        data={
            "csrf_token": csrf(page),
            "company": str(OURS),
            "payment": str(SECOND),
            "reason": "Clicked twice",
            "form_key": "a-key",
        },
    )
