"""Changing one's own details in the browser."""

import pytest
from flask.testing import FlaskClient

from tests.fixtures.installations import Installation, csrf_token, sign_in

ADA, PAGE = "ada@example.com", "/account/details"
GERMAN = {"name": "Ada Lovelace", "locale": "de-AT", "time_zone": "Europe/Vienna"}


@pytest.fixture
def browser(site: Installation) -> FlaskClient:
    site.customer(ADA, "Ada & Co")
    return sign_in(site.app(), ADA)


def save(browser: FlaskClient, **fields: str) -> tuple[int, str]:
    sent = {"csrf_token": csrf_token(browser, PAGE), **fields}
    answer = browser.post(PAGE, data=sent)
    return answer.status_code, answer.text


def test_details_are_changed(browser: FlaskClient) -> None:
    assert save(browser, **GERMAN)[0] == 303
    page = browser.get("/account").text
    assert "Ada Lovelace" in page
    assert "Deutsch (Österreich)" in page


@pytest.mark.parametrize(
    ("field", "wrong"), [("name", " "), ("locale", "x!"), ("time_zone", "Mars")]
)
def test_what_is_refused_stands_beside_its_field(
    browser: FlaskClient, field: str, wrong: str
) -> None:
    status, page = save(browser, **{**GERMAN, field: wrong})
    assert status == 422
    assert f'id="field-{field}-error"' in page
