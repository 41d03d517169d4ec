"""The company's profile: which tax rule applies, and setting the VAT ID."""

import re
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared.contracts import billing, identity
from tests.fixtures.installations import Installation, csrf_token, sign_in

EMAIL = "ada@example.com"
NUMBER = "PL5260001246"


@pytest.fixture
def company(site: Installation) -> UUID:
    """Ada's: a business in Poland."""
    return _company(site, EMAIL)


@pytest.fixture
def browser(site: Installation, company: UUID) -> FlaskClient:
    return sign_in(site.app(), EMAIL)


def _company(
    site: Installation,
    email: str,
    role: identity.memberships.Role = identity.memberships.Role.OWNER,
) -> UUID:
    address = identity.companies.Address(
        country="PL", postal_code="00-001", city="Warszawa"
    )
    return site.customer(email, "Borealis", role, address=address)


def _page(browser: FlaskClient, company: UUID) -> str:
    answer = browser.get(f"/companies/{company}/profile")
    assert answer.status_code == 200
    return answer.text


def _send(browser: FlaskClient, company: UUID, number: str, key: str) -> TestResponse:
    fields = {
        "csrf_token": csrf_token(browser, "/account"),
        "form_key": key,
        "tax_id": number,
    }
    return browser.post(f"/companies/{company}/tax-id", data=fields)


def _key(page: str) -> str:
    found = re.search(r'name="form_key" value="([^"]+)"', page)
    assert found
    return found[1]


def test_the_page_says_which_rule_applies_and_what_it_read(
    browser: FlaskClient, company: UUID
) -> None:
    page = _page(browser, company)
    assert "VAT 23 % — Poland, business in Poland without a VAT ID" in page
    assert "Country, Type (business or private), VAT ID." in page


def test_a_vat_id_that_is_set_is_shown_with_its_state(
    site: Installation, browser: FlaskClient, company: UUID
) -> None:
    answer = _send(browser, company, "526 000 12 46", _key(_page(browser, company)))
    assert answer.status_code == 303
    page = browser.get(answer.headers["Location"]).text
    assert "The VAT ID is saved." in page
    assert NUMBER in page
    assert "Being checked" in page

    site.run_job("check_tax_ids")
    page = _page(browser, company)
    assert "Not checked" in page
    assert "VAT IDs are not checked here" in page
    assert "VAT ID PL5260001246 could not be checked" in page


def test_a_form_that_is_sent_twice_is_taken_once(
    browser: FlaskClient, company: UUID
) -> None:
    key = _key(_page(browser, company))
    assert _key(_page(browser, company)) != key
    for _ in range(2):
        assert _send(browser, company, NUMBER, key).status_code == 303
    other = _send(browser, company, "PL1070000069", key)
    assert other.status_code == 409
    assert "already sent with different values" in other.text
    assert NUMBER in _page(browser, company)


def test_a_wrong_number_is_refused_beside_its_field_and_kept(
    browser: FlaskClient, company: UUID
) -> None:
    answer = _send(browser, company, "PL<b>123", _key(_page(browser, company)))
    assert answer.status_code == 422
    assert 'value="PL&lt;b&gt;123"' in answer.text
    assert "This is not a valid VAT ID for Poland" in answer.text
    assert 'aria-describedby="field-tax_id-error' in answer.text
    assert _key(answer.text)


def test_while_billing_is_away_the_rest_of_the_profile_is_there(
    site: Installation, browser: FlaskClient, company: UUID
) -> None:
    key = _key(_page(browser, company))
    site.client.down.add(billing.CONTRACT.name)
    answer = _send(browser, company, NUMBER, key)
    assert answer.status_code == 503
    assert NUMBER in answer.text
    assert "As of <time" in answer.text
    assert _key(answer.text) == key  # it may have been taken


def test_a_first_look_while_billing_is_away_says_so_and_keeps_the_profile(
    site: Installation, browser: FlaskClient, company: UUID
) -> None:
    site.client.down.add(billing.CONTRACT.name)
    page = _page(browser, company)
    assert "00-001 Warszawa" in page
    assert "Tax details are unavailable right now." in page


def test_who_may_not_manage_billing_sees_the_rule_but_no_form(
    site: Installation,
) -> None:
    company = _company(site, EMAIL, identity.memberships.Role.VIEWER)
    browser = sign_in(site.app(), EMAIL)
    page = _page(browser, company)
    assert "VAT 23 %" in page
    assert "form_key" not in page
    assert _send(browser, company, NUMBER, "a-key").status_code == 403


def test_who_may_not_read_billing_sees_neither(site: Installation) -> None:
    company = _company(site, EMAIL, identity.memberships.Role.TECHNICAL)
    browser = sign_in(site.app(), EMAIL)
    assert "VAT 23 %" not in _page(browser, company)


def test_another_companys_profile_takes_no_vat_id(
    site: Installation, browser: FlaskClient, company: UUID
) -> None:
    stranger = _company(site, "bob@example.com")
    assert _send(browser, stranger, NUMBER, "a-key").status_code == 404
    assert NUMBER not in _page(sign_in(site.app(), "bob@example.com"), stranger)
