"""The profile's pages before services whose answers are made up: between two states."""

from collections.abc import Callable
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace

from shared.contracts import identity
from shared.contracts.billing.tax import (
    GET_TAX_PROFILE,
    SET_TAX_ID,
    TaxCategory,
    TaxDecision,
    TaxId,
    TaxIdState,
    TaxProfile,
    TaxReason,
    TaxRule,
)
from shared.errors import Conflict, InvalidInput, Unavailable
from tests.fixtures.fake_services import OURS, FakeServices
from tests.fixtures.installations import csrf_token
from tests.fixtures.web.catalogues import catalogue_with, translated
from tests.fixtures.web.pages import HTMX
from web.profile.legal_details import DetailsForm
from web.profile.tax_view import TaxView

PROFILE = f"/companies/{OURS}/profile"
GERMAN = {"Accept-Language": "de"}
BEHIND = "we are recalculating its tax"
TYPED = {
    "form_key": "a-key",
    "version": "1",
    "name": "Typed & Co",
    "kind": "private",
    "street": "",
    "postal_code": "",
    "city": "Typed",
    "region": "",
    "country": "AT",
    "time_zone": "Europe/Vienna",
}


@pytest.fixture
def browser(billing: FakeServices) -> FlaskClient:
    billing.answers[str(identity.companies.GET_COMPANY)] = lambda _: _company(2)
    billing.answers[str(GET_TAX_PROFILE)] = lambda _: _tax(2)
    return billing.browser()


def _company(version: int) -> identity.companies.Company:
    return identity.companies.Company(
        id=OURS,
        name="Ours & Co",
        address=identity.companies.Address(country="DE", city="Kept"),
        time_zone="Europe/Berlin",
        is_business=True,
        version=version,
    )


def _tax(company_version: int) -> TaxProfile:
    reason = TaxReason(
        code=TaxRule.DOMESTIC_BUSINESS,
        parameters={"country": "DE", "taxed_in": "DE", "rate_percent": "19"},
        fields=["country", "is_business"],
    )
    return TaxProfile(
        company_id=OURS,
        tax_id=None,
        takes_tax_id=True,
        decision=TaxDecision(
            category=TaxCategory.STANDARD,
            rate_percent=Decimal(19),
            reason=reason,
        ),
        problem=None,
        company_version=company_version,
    )


@pytest.mark.parametrize(
    ("of_company", "of_tax", "is_behind"),
    [(2, 1, True), (2, 0, True), (2, 2, False), (2, 3, False), (0, 2, False)],
)
def test_the_tax_card_says_when_it_is_of_an_older_profile(
    billing: FakeServices,
    browser: FlaskClient,
    of_company: int,
    of_tax: int,
    is_behind: bool,  # noqa: FBT001
) -> None:
    billing.answers[str(identity.companies.GET_COMPANY)] = lambda _: _company(
        of_company
    )
    billing.answers[str(GET_TAX_PROFILE)] = lambda _: _tax(of_tax)

    page, part = browser.get(PROFILE), browser.get(f"{PROFILE}/tax", headers=HTMX)

    assert (BEHIND in page.text) is is_behind
    assert (f'hx-get="{PROFILE}/tax"' in page.text) is is_behind
    assert "VAT 19 % — Germany" in page.text
    assert part.status_code == (204 if is_behind else 200)
    assert ('id="tax-details"' in part.text) is not is_behind
    assert BEHIND not in part.text


def test_the_part_that_asks_again_keeps_the_vat_ids_form(
    browser: FlaskClient,
) -> None:
    part = browser.get(f"{PROFILE}/tax", headers=HTMX).text

    assert f'action="/companies/{OURS}/tax-id"' in part
    assert 'name="csrf_token" value="' in part
    assert "<html" not in part


def _changed_meanwhile(
    _request: identity.companies.ChangeCompany,
) -> identity.companies.Company:
    raise Conflict("company_changed_meanwhile")


def _away(_request: object) -> identity.companies.Company:
    raise Unavailable("service_unreachable")


@pytest.mark.parametrize("answer", [_changed_meanwhile, _away])
def test_what_was_typed_stays_even_where_the_profile_can_not_be_read(
    billing: FakeServices,
    browser: FlaskClient,
    answer: Callable[[identity.companies.ChangeCompany], identity.companies.Company],
) -> None:
    billing.answers[str(identity.companies.CHANGE_COMPANY)] = answer
    billing.answers[str(identity.companies.GET_COMPANY)] = _away
    form = {"csrf_token": csrf_token(browser, "/"), **TYPED}

    answered = browser.post(f"{PROFILE}/edit", data=form)

    assert answered.status_code == 503
    page = unescape(answered.text)
    assert 'value="Typed & Co"' in page
    assert '<option selected value="AT">Austria</option>' in page
    assert '<option selected value="private">' in page


def test_after_a_conflict_the_form_starts_from_what_is_kept_now(
    billing: FakeServices, browser: FlaskClient
) -> None:
    token = csrf_token(browser, f"{PROFILE}/edit")
    billing.answers[str(identity.companies.CHANGE_COMPANY)] = _changed_meanwhile

    answered = browser.post(f"{PROFILE}/edit", data={"csrf_token": token, **TYPED})

    assert answered.status_code == 409
    assert 'name="version" value="2"' in answered.text
    for words in ("Ours &amp; Co", "Business", "Kept", "Germany", "Germany, Berlin"):
        assert f"Saved value: <bdi>{words}</bdi>" in answered.text
    assert answered.text.count("Saved value:") == 5


def test_places_are_listed_in_the_readers_language_not_the_browsers(
    browser: FlaskClient,
) -> None:
    page = browser.get(f"{PROFILE}/edit", headers=GERMAN).text

    assert '<option selected value="DE">Germany</option>' in page
    assert '<option selected value="Europe/Berlin">Germany, Berlin</option>' in page


def _no_tax_id(_request: object) -> TaxProfile:
    raise InvalidInput("bad_tax_id", parameters={"country": "DE"})


def test_a_refusal_is_in_the_readers_language_not_the_browsers(
    billing: FakeServices, browser: FlaskClient
) -> None:
    billing.answers[str(SET_TAX_ID)] = _no_tax_id
    form = {"csrf_token": csrf_token(browser, "/"), "form_key": "k", "tax_id": "DE1"}

    answer = browser.post(f"/companies/{OURS}/tax-id", data=form, headers=GERMAN)

    error = answer.text.partition('id="field-tax_id-error"')[2].partition("</p>")[0]
    assert "Germany" in error


def test_what_is_saved_is_said_in_the_readers_language(
    billing: FakeServices, browser: FlaskClient, tmp_path: Path
) -> None:
    saved = ("The VAT ID is saved.", "Gespeichert.")
    billing.answers[str(SET_TAX_ID)] = lambda _: _tax(2)
    form = {"csrf_token": csrf_token(browser, "/"), "form_key": "k", "tax_id": "DE1"}

    with translated(tmp_path, {"de": catalogue_with("de", saved)}):
        browser.post(f"/companies/{OURS}/tax-id", data=form, headers=GERMAN)
        page = browser.get(PROFILE, headers=GERMAN).text

    assert saved[0] in page
    assert saved[1] not in page


def _kept_tax_id() -> TaxId:
    return TaxId(
        number="DE136695976",
        state=TaxIdState.VALID,
        checked_at=None,
        match=None,
        name="",
        address="",
        proof="",
        failure="",
        confirmed_by="",
    )


@pytest.mark.parametrize(
    ("takes_one", "has_one", "may_set", "is_offered"),
    [
        (True, False, True, True),
        (False, True, True, True),
        (False, False, True, False),
        (True, True, False, False),
    ],
)
def test_the_form_of_the_vat_id_is_offered_where_it_makes_sense(
    answered_app: Flask,
    *,
    takes_one: bool,
    has_one: bool,
    may_set: bool,
    is_offered: bool,
) -> None:
    kept = _kept_tax_id() if has_one else None
    tax = replace(_tax(2), takes_tax_id=takes_one, tax_id=kept)
    with answered_app.test_request_context("/"):
        view = TaxView.of(_company(2), tax, may_set=may_set)

    assert (view.form is not None) is is_offered
    if view.form is not None:
        assert view.form.tax_id.data == ("DE136695976" if has_one else "")


@pytest.mark.parametrize(
    ("problem", "part"),
    [
        ("no_tax_rate", "Germany"),
        ("postal_code_unclear", "“1011”"),
        ("no_billing_address", "address"),
        (None, "address"),
    ],
)
def test_why_no_rule_applies_is_said_as_a_refusal_says_it(
    answered_app: Flask, problem: str | None, part: str
) -> None:
    address = identity.companies.Address(country="DE", postal_code="1011")
    company = replace(_company(2), address=address)
    tax = replace(_tax(2), decision=None, problem=problem)
    with answered_app.test_request_context("/"):
        view = TaxView.of(company, tax, may_set=True)

    assert part in view.problem
    assert not view.rule


def test_only_offered_values_can_be_chosen(answered_app: Flask) -> None:
    with answered_app.test_request_context("/"):
        form = DetailsForm(formdata=None, kind="<b>", country="DE", time_zone="Mars")
        form.offer("US/Pacific")
        offered = {
            name: [choice.value for choice in form[name].iter_choices()]
            for name in ("kind", "country", "time_zone")
        }

    assert offered["kind"] == ["", "business", "private"]
    assert offered["country"][0] != ""
    assert offered["time_zone"][:2] == ["", "US/Pacific"]
