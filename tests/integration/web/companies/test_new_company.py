"""Creating a further company in the browser, and what its owner does next."""

import re

import pytest
from flask.testing import FlaskClient

from tests.fixtures.installations import Installation, csrf_token, sign_in

ADA, PAGE = "ada@example.com", "/account/companies/new"
SECOND = {
    "name": "Second <Ltd>",
    "kind": "business",
    "country": "DE",
    "time_zone": "Europe/Berlin",
}


@pytest.fixture
def browser(site: Installation) -> FlaskClient:
    site.customer(ADA, "Ada & Co")
    return sign_in(site.app(), ADA)


def create(browser: FlaskClient, **fields: str) -> tuple[int, str]:
    """Send the form; returns the status and the page or the way on."""
    token = csrf_token(browser, PAGE)
    sent = {"csrf_token": token, "form_key": "a-key", **fields}
    answer = browser.post(PAGE, data=sent)
    return answer.status_code, answer.headers.get("Location", answer.text)


def test_a_company_gets_its_wallet_in_the_next_step(
    site: Installation, browser: FlaskClient
) -> None:
    status, onward = create(browser, **SECOND)
    assert status == 303
    assert re.fullmatch("/companies/[0-9a-f-]{36}/wallets", onward)
    assert create(browser, **SECOND) == (303, onward), "sent twice, it is one company"
    site.services.deliver_events()

    sent = {"csrf_token": csrf_token(browser, onward), "form_key": "b"}
    added = browser.post(onward, data=sent | {"currency": "USD"})
    assert added.status_code == 303
    assert "Second &lt;Ltd&gt;" in browser.get("/account").text
    assert "USD" in browser.get(onward).text


def test_what_is_refused_stands_beside_its_field(browser: FlaskClient) -> None:
    status, page = create(browser, **{**SECOND, "country": "XX"})
    assert status == 422
    assert 'id="field-country-error"' in page
    assert "Second &lt;Ltd&gt;" in page


def test_few_are_created_in_a_day(browser: FlaskClient) -> None:
    for key in "12345":
        assert create(browser, **SECOND, form_key=key)[0] == 303
    assert create(browser, **SECOND, form_key="6")[0] == 429
