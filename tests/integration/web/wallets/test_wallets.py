"""The page of a company's wallets: adding one, the primary one, the comfort buffer."""

import re
from html import unescape
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared.contracts import billing, identity
from tests.fixtures.installations import Installation, post, sign_in
from tests.fixtures.web.pages import HTMX

EMAIL = "ada@example.com"


@pytest.fixture
def company(site: Installation) -> UUID:
    return _company(site, EMAIL)


@pytest.fixture
def browser(site: Installation, company: UUID) -> FlaskClient:
    return sign_in(site.app(), EMAIL)


def test_a_wallet_is_added_and_made_primary_without_script(
    browser: FlaskClient, company: UUID
) -> None:
    assert _cards(_page(browser, company)) == ["EUR"]

    page = _follow(browser, _send(browser, company, "", currency="USD"))
    assert "We added a wallet in USD." in page
    assert _cards(page) == ["EUR", "USD"]
    assert '<option value="USD"' not in page

    page = _follow(browser, _send(browser, company, "/primary", currency="USD"))
    assert "USD is now the primary currency." in page
    assert _cards(page) == ["USD", "EUR"]
    assert page.index('id="wallet-USD"') < page.index("Primary</span>")
    assert page.index("Primary</span>") < page.index('id="wallet-EUR"')


def test_the_strip_shows_the_primary_wallet(
    browser: FlaskClient, company: UUID
) -> None:
    _send(browser, company, "", currency="USD")
    _send(browser, company, "/primary", currency="USD")

    strip = browser.get("/blocks/balance", headers=HTMX).text

    assert "USD" in strip
    assert "EUR" not in strip


def test_the_comfort_buffer_is_read_as_its_typist_writes(
    site: Installation, browser: FlaskClient, company: UUID
) -> None:
    fields = {"currency": "EUR", "buffer": "1,234.50", "horizon": "60"}

    page = _follow(browser, _send(browser, company, "/comfort-buffer", **fields))

    assert "The comfort buffer of the EUR wallet is saved." in page
    assert 'value="1234.50"' in page
    assert 'value="60"' in page


def test_no_comfort_buffer_is_zero(browser: FlaskClient, company: UUID) -> None:
    fields = {"currency": "EUR", "buffer": " ", "horizon": "30"}

    page = _follow(browser, _send(browser, company, "/comfort-buffer", **fields))

    assert 'value="0.00"' in page


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("buffer", "-5", "without a minus sign"),
        ("buffer", "1e9", "Enter the amount in digits"),
        ("buffer", "1.005", "at most 2 decimal places"),
        ("buffer", "9" * 18, "too large for a wallet"),
        ("buffer", "9" * 10_000, "too many digits"),
        ("horizon", "367", "from 1 to 366"),
        ("horizon", "0", "from 1 to 366"),
        ("horizon", "\u0663\u0660", "number of days in digits"),
        ("horizon", "9" * 10_000, "number of days in digits"),
        ("horizon", "", "number of days in digits"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field_and_kept(
    browser: FlaskClient, company: UUID, field: str, typed: str, words: str
) -> None:
    fields = {"currency": "EUR", "buffer": "10", "horizon": "30", field: typed}

    answer = _send(browser, company, "/comfort-buffer", **fields)

    assert answer.status_code == 422
    page = unescape(answer.text)
    assert words in page.split(f'id="field-{field}-EUR-error"', 1)[1][:400]
    assert f'value="{typed[:100]}"' in page
    assert 'value="0.00"' in unescape(_page(browser, company))


@pytest.mark.parametrize(
    ("currency", "status", "words"),
    [
        ("EUR", 409, "You already have a wallet"),
        ("JPY", 422, "offer wallets in this currency"),
        ("<b>", 422, "offer wallets in this currency"),
    ],
)
def test_a_wallet_that_can_not_be_added_says_why_beside_the_choice(
    browser: FlaskClient, company: UUID, currency: str, status: int, words: str
) -> None:
    answer = _send(browser, company, "", currency=currency)

    assert answer.status_code == status
    assert words in answer.text.split('id="field-currency-error"', 1)[1][:400]
    assert "<b>" not in answer.text
    assert _cards(_page(browser, company)) == ["EUR"]


def test_a_form_that_is_sent_twice_is_taken_once(
    browser: FlaskClient, company: UUID
) -> None:
    for _ in range(2):
        answer = _send(browser, company, "", key="a-key", currency="USD")
        assert answer.status_code == 303
    other = _send(browser, company, "", key="a-key", currency="GBP")

    assert other.status_code == 409
    assert "already sent with different values" in other.text
    assert _cards(_page(browser, company)) == ["EUR", "USD"]


def test_when_every_currency_is_there_none_is_offered(
    site: Installation, browser: FlaskClient, company: UUID
) -> None:
    for currency in re.findall(r'<option value="(...)"', _page(browser, company)):
        assert _send(browser, company, "", currency=currency).status_code == 303

    page = _page(browser, company)

    assert "<option" not in page


def test_while_billing_is_away_nothing_can_be_changed_and_the_page_says_so(
    site: Installation, browser: FlaskClient, company: UUID
) -> None:
    _page(browser, company)
    site.client.down.add(billing.CONTRACT.name)

    page = _page(browser, company)
    assert 'id="no-changing"' in page
    assert page.count("disabled") == page.count('disabled aria-describedby="no-cha')
    answer = _send(browser, company, "", key="a-key", currency="USD")

    assert answer.status_code == 503
    # It may have been taken.
    assert 'value="a-key"' in answer.text


def test_a_role_without_billing_sees_the_wallets_and_why_there_are_no_forms(
    site: Installation,
) -> None:
    company = _company(site, EMAIL, identity.memberships.Role.VIEWER)
    browser = sign_in(site.app(), EMAIL)

    page = _page(browser, company)

    assert _cards(page) == ["EUR"]
    assert "notice-info" in page
    assert "form_key" not in page
    assert _send(browser, company, "", currency="USD").status_code == 403


def test_who_may_not_read_billing_sees_none_of_it(site: Installation) -> None:
    company = _company(site, EMAIL, identity.memberships.Role.TECHNICAL)
    browser = sign_in(site.app(), EMAIL)

    assert browser.get(f"/companies/{company}/wallets").status_code == 403
    assert f"/companies/{company}/wallets" not in _profile(browser, company)


def test_the_wallets_are_found_from_the_profile_and_from_add_funds(
    browser: FlaskClient, company: UUID
) -> None:
    address = f"/companies/{company}/wallets"

    assert f'href="{address}"' in _profile(browser, company)
    assert f'href="{address}"' in browser.get("/funds/add").text


def test_a_company_without_a_wallet_is_led_to_adding_one(site: Installation) -> None:
    company = site.customer("new@example.com", "New & Co")
    browser = sign_in(site.app(), "new@example.com")

    assert f'href="/companies/{company}/wallets"' in browser.get("/funds/add").text
    assert 'id="no-wallet"' in _page(browser, company)
    page = _follow(browser, _send(browser, company, "", currency="PLN"))
    assert _cards(page) == ["PLN"]


def test_the_wallets_of_another_company_of_ones_own_are_that_companys(
    site: Installation, browser: FlaskClient, company: UUID
) -> None:
    """The address names it; the frame stays the current company's."""
    created = site.operator.call(
        identity.companies.CREATE_COMPANY,
        identity.companies.CreateCompany(
            name="Second",
            address=identity.companies.Address(country="DE"),
            owner_id=site.user_ids[EMAIL],
        ),
    )
    site.services.deliver_events()

    page = _follow(browser, _send(browser, created.id, "", currency="GBP"))

    assert _cards(page) == ["GBP"]
    assert "Add Funds in" not in page
    assert page.count("Switch to Second") == 1
    assert "Switch to" not in _page(browser, company).partition("<main")[2]
    assert _cards(_page(browser, company)) == ["EUR"]


def test_a_strangers_wallets_are_not_there(
    site: Installation, browser: FlaskClient, company: UUID
) -> None:
    theirs = _company(site, "bob@example.com")

    assert browser.get(f"/companies/{theirs}/wallets").status_code == 404
    assert _send(browser, theirs, "", currency="USD").status_code == 404
    assert _cards(_page(sign_in(site.app(), "bob@example.com"), theirs)) == ["EUR"]


def _company(
    site: Installation,
    email: str,
    role: identity.memberships.Role = identity.memberships.Role.OWNER,
) -> UUID:
    company = site.customer(email, "Aurora", role)
    wallet = billing.wallets.OpenWallet(company_id=company, currency="EUR")
    site.operator.call(billing.wallets.OPEN_WALLET, wallet)
    return company


def _send(
    browser: FlaskClient, company: UUID, to: str, key: str = "", **fields: str
) -> TestResponse:
    fields["form_key"] = key or f"{to}{sorted(fields.items())}"[:90]
    return post(browser, f"/companies/{company}/wallets{to}", **fields)


def _follow(browser: FlaskClient, answer: TestResponse) -> str:
    assert answer.status_code == 303, answer.text
    return browser.get(answer.headers["Location"]).text


def _page(browser: FlaskClient, company: UUID) -> str:
    answer = browser.get(f"/companies/{company}/wallets")
    assert answer.status_code == 200
    return unescape(answer.text)


def _profile(browser: FlaskClient, company: UUID) -> str:
    return browser.get(f"/companies/{company}/profile").text


def _cards(page: str) -> list[str]:
    """The currencies of the wallets shown, in their order."""
    return re.findall(r'id="wallet-(\w+)"', page)
