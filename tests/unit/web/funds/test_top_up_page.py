"""A top-up's page and the form of one, before a billing whose answers are made up."""

import pytest
from flask.testing import FlaskClient
from msgspec.structs import replace

from shared.contracts.billing import top_ups
from shared.contracts.billing.top_ups import GatewayName, PaymentState, TopUpState
from shared.errors import Unavailable
from shared.permissions import Permission
from tests.fixtures.documents import money
from tests.fixtures.stand_in import OURS, StandIn
from tests.unit.web.funds.test_duplicates import (
    ADDRESS,
    ASK,
    TOP_UP_ID,
    duplicate,
    has_wallet,
    opened,
    quoted,
    refusing,
    shown,
    words,
)


@pytest.fixture
def browser(billing: StandIn) -> FlaskClient:
    return billing.browser()


@pytest.mark.parametrize("path", ["", "/state"])
@pytest.mark.parametrize("may", [True, False])
def test_what_is_to_be_done_is_offered_to_who_may_do_it(
    billing: StandIn, browser: FlaskClient, path: str, *, may: bool
) -> None:
    if not may:
        billing.permissions -= {Permission.ADD_FUNDS}
    payment = duplicate(PaymentState.PENDING)
    shown(billing, payment, TopUpState.PENDING)

    page = opened(browser, f"/funds/top-ups/{TOP_UP_ID}{path}?company={OURS}")

    for offered in ("Go on with the payment", "Cancel this top-up", ASK):
        assert (offered in page) is may
    assert "We wait for the payment" in page


@pytest.mark.parametrize(
    ("gateway", "told"),
    [(GatewayName.BANK_TRANSFER, "Waiting"), (GatewayName.STRIPE, "Under way")],
)
def test_a_transfer_that_nobody_has_seen_is_waited_for(
    billing: StandIn, browser: FlaskClient, gateway: GatewayName, told: str
) -> None:
    payment = replace(
        duplicate(PaymentState.PENDING), gateway=gateway, duplicate_of=None
    )
    shown(billing, payment, TopUpState.PENDING)

    page = words(opened(browser, ADDRESS))

    assert f"A card {told} 119.00 EUR" in page


def test_an_amount_without_a_currency_is_of_the_primary_wallet(
    billing: StandIn, browser: FlaskClient
) -> None:
    quoted(billing, repeats=False)
    has_wallet(billing)
    billing.answers[str(top_ups.LIST_OPEN_TOP_UPS)] = refusing(Unavailable("away"))

    page = opened(browser, "/funds/add?net=100")

    (asked_for,) = (
        each for _, _, each in billing.calls if isinstance(each, top_ups.QuoteTopUp)
    )
    assert asked_for.net == money("100")
    assert "There is no such currency." not in page
