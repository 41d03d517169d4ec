"""Editing a company's profile: who may, what is refused where, and what follows."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from launcher.servers.databases import SERVICES
from shared.contracts import billing, identity
from shared.contracts.identity.memberships import Role
from tests.fixtures.installations import (
    BILLING,
    Installation,
    begin_top_up,
    csrf_token,
    installation,
    post,
    same_cookies,
    sign_in,
)
from tests.fixtures.vies import fake_vies
from tests.fixtures.web.pages import HTMX

EMAIL = "ada@example.com"
HOME = identity.companies.Address(
    street="Lange Straße 1", postal_code="10115", city="Berlin", country="DE"
)
VAT_ID = "PL5260001246"
BEHIND = "we are recalculating its tax"


@pytest.fixture
def company(site: Installation) -> UUID:
    return site.customer(EMAIL, "Aurora GmbH", address=HOME, time_zone="Europe/Berlin")


@pytest.fixture
def site_with_register(
    new_database: Callable[[str], str], tmp_path: Path
) -> Iterator[Installation]:
    """Its billing asks a register, which knows one VAT ID."""
    urls = {name: new_database(name) for name in SERVICES}
    with fake_vies() as vies:
        vies.register(VAT_ID, "BOREALIS LABS SP. Z O.O.", "DŁUGA 1 00-001 WARSZAWA")
        asks = replace(BILLING, vies_url=vies.url)
        with installation(urls, tmp_path, billing=asks) as made:
            yield made


@pytest.fixture
def browser(site: Installation, company: UUID) -> FlaskClient:
    return sign_in(site.app(), EMAIL)


def _form(browser: FlaskClient, company: UUID) -> dict[str, str]:
    """What the form would send as it stands."""
    return _fields(browser.get(f"/companies/{company}/profile/edit").text)


def _fields(page: str) -> dict[str, str]:
    form = page.split('/profile/edit" novalidate', 1)[1].split("</form>", 1)[0]
    inputs = re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', form)
    fields = {name: unescape(value) for name, value in inputs}
    for name, options in re.findall(
        r'<select[^>]* name="(\w+)"(.*?)</select>', form, re.DOTALL
    ):
        chosen = re.search(r'selected value="([^"]*)"', options)
        fields[name] = chosen[1] if chosen else ""
    return fields


def _send(
    browser: FlaskClient, company: UUID, fields: dict[str, str], **typed: str
) -> TestResponse:
    return browser.post(f"/companies/{company}/profile/edit", data=fields | typed)


def _document(browser: FlaskClient, address: str) -> tuple[str, bytes]:
    """What its page says, without what is made for each reading; and its file."""
    page = browser.get(address).text.split("<article", 1)[1].split("</article>", 1)[0]
    pdf = browser.get(f"{address}.pdf")
    assert pdf.status_code == 200
    return page, pdf.data


def _quote(browser: FlaskClient) -> str:
    """What Add Funds says of a hundred euros, as words."""
    page = browser.get("/funds/add?net=100&currency=EUR").text
    words = re.sub(r"<[^>]+>", "", page.split('id="quote"', 1)[1])
    return " ".join(words.split())


def _profile(browser: FlaskClient, company: UUID) -> str:
    return unescape(browser.get(f"/companies/{company}/profile").text)


def test_the_form_shows_what_is_kept_in_words(
    browser: FlaskClient, company: UUID
) -> None:
    assert f'href="/companies/{company}/profile/edit"' in _profile(browser, company)
    page = browser.get(f"/companies/{company}/profile/edit").text

    assert _fields(page) | {"csrf_token": "", "form_key": ""} == {
        "csrf_token": "",
        "form_key": "",
        "version": "1",
        "name": "Aurora GmbH",
        "kind": "business",
        "street": "Lange Straße 1",
        "postal_code": "10115",
        "city": "Berlin",
        "region": "",
        "country": "DE",
        "time_zone": "Europe/Berlin",
    }
    assert '<option selected value="DE">Germany</option>' in page
    assert '<option selected value="Europe/Berlin">Germany, Berlin</option>' in page
    assert 'autocomplete="postal-code"' in page
    assert "Documents already issued stay as they are." in page


def test_what_is_saved_is_shown_and_the_rule_once_billing_has_the_event(
    site: Installation, browser: FlaskClient, company: UUID
) -> None:
    german = "VAT 19 % — Germany, business customer"
    assert german in _profile(browser, company)
    form = _form(browser, company)

    answer = _send(browser, company, form, name="Aurora SL 🎷", country="ES")

    assert answer.status_code == 303
    page = unescape(browser.get(answer.headers["Location"]).text)
    assert "The profile is saved." in page
    assert "Aurora SL 🎷" in page
    assert "Spain" in page
    # The rule that applies at this moment, and that it is not the last word.
    assert german in page
    assert BEHIND in page
    part = f"/companies/{company}/profile/tax"
    assert f'hx-get="{part}"' in page
    assert browser.get(part, headers=HTMX).status_code == 204

    site.services.deliver_events()

    caught_up = browser.get(part, headers=HTMX)
    spanish = "VAT 21 % — Spain, business in Spain without a VAT ID"
    assert caught_up.status_code == 200
    assert spanish in caught_up.text
    assert "hx-get" not in caught_up.text
    assert spanish in _profile(browser, company)
    assert BEHIND not in _profile(browser, company)


def test_the_next_quote_follows_the_profile_and_no_issued_document_does(
    site: Installation, browser: FlaskClient, company: UUID
) -> None:
    wallet = billing.wallets.OpenWallet(company_id=company, currency="EUR")
    site.operator.call(billing.wallets.OPEN_WALLET, wallet)
    begin_top_up(browser)
    site.run_job("issue_documents")
    listed = browser.get(f"/companies/{company}/invoices").text
    (paper,) = set(
        re.findall(rf"/companies/{company}/invoices/[0-9a-f-]{{36}}", listed)
    )
    issued = _document(browser, paper)
    assert "Aurora GmbH" in issued[0]
    assert "To pay 119.00 EUR" in _quote(browser)

    spanish = {"name": "Aurora SL", "country": "ES", "postal_code": "28001"}
    _send(browser, company, _form(browser, company), **spanish)
    site.services.deliver_events()
    site.run_job("issue_documents")
    assert "To pay 121.00 EUR" in _quote(browser)
    assert _document(browser, paper) == issued

    _send(browser, company, _form(browser, company), postal_code="35001")
    site.services.deliver_events()
    assert "To pay 100.00 EUR" in _quote(browser)
    assert "the Canary Islands are outside" in _quote(browser)
    assert _document(browser, paper) == issued

    saved = _send(browser, company, _form(browser, company), postal_code="3501")
    assert "the postal code is 03501" in browser.get(saved.location).text
    site.services.deliver_events()
    assert "To pay 121.00 EUR" in _quote(browser)


def test_a_vat_id_is_not_taken_along_to_another_country(
    site_with_register: Installation,
) -> None:
    site = site_with_register
    address = identity.companies.Address(
        country="PL", postal_code="00-001", city="Warszawa"
    )
    company = site.customer(EMAIL, "Borealis Labs", address=address)
    browser = sign_in(site.app(), EMAIL)

    def edit(**typed: str) -> str:
        """Save, let billing hear of it and ask the register; the profile then."""
        _send(browser, company, _form(browser, company), **typed)
        site.services.deliver_events()
        before = _profile(browser, company)
        site.clock.move(timedelta(minutes=1))
        site.run_job("check_tax_ids")
        after = _profile(browser, company)
        assert "Reverse charge" not in before
        return after

    post(browser, f"/companies/{company}/tax-id", form_key="k", tax_id=VAT_ID)
    site.run_job("check_tax_ids")
    assert "Reverse charge" in _profile(browser, company)

    moved = edit(country="CZ", postal_code="11000", city="Praha")
    assert "VAT 21 % — Czechia, business in Czechia with a VAT ID from another" in moved
    assert "VAT 23 % — Poland, private" in edit(country="PL", kind="private")
    assert "registered to a different name" in edit(kind="business", name="Else")
    home = edit(name="Borealis Labs", postal_code="00-001", city="Warszawa")
    assert "Reverse charge" in home


def test_a_form_that_is_sent_twice_changes_once(
    browser: FlaskClient, company: UUID
) -> None:
    form = _form(browser, company)
    for _ in range(2):
        answer = _send(browser, company, form, city="Potsdam")
        assert answer.status_code == 303
        assert "The profile is saved." in browser.get(answer.headers["Location"]).text

    assert _form(browser, company)["version"] == "2"
    other = _send(browser, company, form, city="Cottbus")
    assert other.status_code == 409
    assert "already sent with different values" in other.text
    assert "Potsdam" in _profile(browser, company)


def test_saving_what_is_there_already_says_so(
    browser: FlaskClient, company: UUID
) -> None:
    answer = _send(browser, company, _form(browser, company))

    assert answer.status_code == 303
    page = browser.get(answer.headers["Location"]).text
    assert "Nothing has changed." in page


def test_of_two_tabs_the_later_one_is_shown_what_the_earlier_one_saved(
    browser: FlaskClient, company: UUID
) -> None:
    tab = same_cookies(browser.application, browser)
    mine, theirs = _form(browser, company), _form(tab, company)
    _send(tab, company, theirs, name="Aurora <b>AG</b>", region="Brandenburg")

    answer = _send(browser, company, mine, name="Aurora KG", city="Potsdam")

    assert answer.status_code == 409
    assert "Someone changed this profile" in answer.text
    assert "Saved value: <bdi>Aurora &lt;b&gt;AG&lt;/b&gt;</bdi>" in answer.text
    assert "Saved value: <bdi>Brandenburg</bdi>" in answer.text
    again = _fields(answer.text)
    assert (again["name"], again["city"]) == ("Aurora KG", "Potsdam")
    assert "Aurora <b>AG</b>" in _profile(browser, company)

    assert _send(browser, company, again, region="Brandenburg").status_code == 303
    assert "Aurora KG" in _profile(browser, company)


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("name", "  ", "Enter a legal name of up to 200 characters."),
        ("name", "x" * 10_000, "Enter a legal name of up to 200 characters."),
        ("street", "🎷" * 201, "Enter up to 200 characters, in one line."),
        ("city", "a\u202eb", "Enter up to 200 characters, in one line."),
        ("country", "XX", "Choose a country from the list."),
        ("country", "", "Choose a country from the list."),
        ("time_zone", "Europe/Atlantis", "Choose a time zone from the list."),
        ("kind", "<b>", "Choose business or private."),
    ],
)
def test_a_refused_entry_is_kept_with_its_error_beside_it(
    browser: FlaskClient, company: UUID, field: str, typed: str, words: str
) -> None:
    form = _form(browser, company)

    answer = _send(browser, company, form | {"region": "<i>kept</i>", field: typed})

    assert answer.status_code == 422
    error = answer.text.split(f'id="field-{field}-error"', 1)[1].split("</p>", 1)[0]
    assert words in error
    assert f'aria-describedby="field-{field}-error field-{field}-hint"' in answer.text
    again = _fields(answer.text)
    assert again["region"] == "<i>kept</i>"
    assert again["version"] == "1"
    if field in {"name", "street", "city"}:
        assert again[field] == typed
    assert "Aurora GmbH" in _profile(browser, company)


@pytest.mark.parametrize("version", ["", "x", "-1", "1.0", "9" * 10_000, "²"])
def test_a_version_that_is_none_changes_nothing(
    browser: FlaskClient, company: UUID, version: str
) -> None:
    form = _form(browser, company)

    answer = _send(browser, company, form, name="Mine", version=version)

    assert answer.status_code == 409
    assert "Aurora GmbH" in _profile(browser, company)


def test_a_form_without_fields_changes_nothing(
    browser: FlaskClient, company: UUID
) -> None:
    token = _form(browser, company)["csrf_token"]

    answer = _send(browser, company, {"csrf_token": token})

    assert answer.status_code == 422
    assert "Aurora GmbH" in _profile(browser, company)


@pytest.mark.parametrize("role", [Role.BILLING, Role.TECHNICAL, Role.VIEWER])
def test_a_reader_sees_no_form_and_whom_to_ask(site: Installation, role: Role) -> None:
    company = site.customer(EMAIL, "Aurora GmbH", role, address=HOME)
    browser = sign_in(site.app(), EMAIL)
    profile = _profile(browser, company)
    assert "Edit profile" not in profile
    assert "ask an owner or administrator" in profile

    page = browser.get(f"/companies/{company}/profile/edit")
    assert page.status_code == 403
    assert "Your role in this company does not include this." in page.text
    assert 'name="version"' not in page.text

    fields = {
        "csrf_token": csrf_token(browser, "/account"),
        "form_key": "a-key",
        "version": "1",
        "name": "Mine",
        "kind": "business",
        "country": "DE",
        "time_zone": "UTC",
    }
    assert _send(browser, company, fields).status_code == 403
    assert "Aurora GmbH" in _profile(browser, company)


def test_another_companys_profile_is_not_there_to_be_edited(
    site: Installation, browser: FlaskClient, company: UUID
) -> None:
    stranger = site.customer("bob@example.com", "Bob & Co")

    assert browser.get(f"/companies/{stranger}/profile/edit").status_code == 404
    form = _form(browser, company)
    assert _send(browser, stranger, form, name="Mine").status_code == 404
    profile = _profile(sign_in(site.app(), "bob@example.com"), stranger)
    assert "Bob & Co" in profile


def test_without_identity_nothing_typed_is_lost_and_sending_again_is_safe(
    site: Installation, browser: FlaskClient, company: UUID
) -> None:
    form = _form(browser, company)
    site.client.down.add("identity")

    answer = _send(browser, company, form, city="Potsdam")

    assert answer.status_code == 503
    again = _fields(answer.text)
    assert again["city"] == "Potsdam"
    assert again["form_key"] == form["form_key"]
    assert 'disabled aria-describedby="no-changing"' in answer.text

    site.client.down.clear()
    assert _send(browser, company, again).status_code == 303
    assert "Potsdam" in _profile(browser, company)


def test_an_old_name_of_a_time_zone_can_be_kept(site: Installation) -> None:
    company = site.customer(EMAIL, "Aurora", address=HOME, time_zone="US/Pacific")
    browser = sign_in(site.app(), EMAIL)

    assert _form(browser, company)["time_zone"] == "US/Pacific"
    assert "US/Pacific" in _profile(browser, company)
