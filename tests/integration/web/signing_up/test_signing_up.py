"""Signing up in a browser: from the email to an account that chooses its currency."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from launcher.servers.databases import SERVICES
from services.identity.notices.postboxes import KeptMails
from services.identity.service import IdentityService
from tests.fixtures.installations import Installation, csrf_token, installation

EVE = "eve@example.com"
TERMS_URL = "https://provider.example/terms"
OFFERED = {"SIGN_UP": "on", "PROVIDER_TERMS_URL": TERMS_URL, "TERMS_VERSION": "3"}
FILLED_IN = {
    "name": "Eve Example",
    "new": "tram under violet elms",
    "kind": "business",
    "company_name": "Nightshade Ltd",
    "country": "DE",
    "terms": "y",
    "terms_version": "3",
}


@pytest.fixture
def site(new_database: Callable[[str], str], tmp_path: Path) -> Iterator[Installation]:
    urls = {name: new_database(name) for name in SERVICES}
    with installation(urls, tmp_path, environment=OFFERED) as made:
        yield made


@pytest.fixture
def browser(site: Installation) -> FlaskClient:
    return site.app().test_client()


@pytest.fixture
def link(site: Installation, browser: FlaskClient) -> str:
    """The address that is mailed to Eve."""
    identity = site.services.dispatchers["identity"].service
    assert isinstance(identity, IdentityService)
    kept = KeptMails()
    identity._outbox = replace(identity._outbox, postbox=kept)
    fields = {"csrf_token": csrf_token(browser, "/sign-up"), "email": EVE}
    assert browser.post("/sign-up", data=fields).location == "/sign-up/sent"
    for job in ("answer_sign_ups", "send_mails"):
        site.run_job(job)
    ((_, mail),) = kept.mails()
    text = mail.get_body(("plain",))
    assert text
    words: list[str] = text.get_content().split()
    return next(each for each in words if "/sign-up/" in each).partition("8000")[2]


def send(browser: FlaskClient, link: str, **changed: str) -> tuple[int, str, str]:
    fields = {"csrf_token": csrf_token(browser, link), **FILLED_IN, **changed}
    answer = browser.post(link, data=fields)
    return answer.status_code, answer.location or "", answer.text


def test_one_signs_up_and_is_led_to_the_currency(
    site: Installation, browser: FlaskClient, link: str
) -> None:
    assert "/sign-up" in browser.get("/login").text
    page = browser.get(link).text
    assert EVE in page
    assert TERMS_URL in page

    status, location, _ = send(browser, link)

    assert status == 303
    assert location.endswith("/wallets")
    site.services.deliver_events()
    wallets = browser.get(location)
    assert wallets.status_code == 200
    assert "Nightshade Ltd" in wallets.text
    assert "notice-success" in wallets.text
    adding = {"csrf_token": csrf_token(browser, location), "form_key": "k"}
    added = browser.post(location, data={**adding, "currency": "EUR"})
    assert added.status_code == 303
    assert browser.get(link).status_code == 404


def test_what_is_missing_is_said_beside_its_field(
    browser: FlaskClient, link: str
) -> None:
    for missing, field in (
        ({"terms": ""}, "field-terms-error"),
        ({"name": ""}, "field-name-error"),
        ({"company_name": ""}, "field-company_name-error"),
        ({"country": ""}, "field-country-error"),
        ({"new": "short"}, "field-new-error"),
        ({"terms_version": "2"}, "field-terms-error"),
    ):
        if missing == {"terms": ""}:
            fields = {k: v for k, v in FILLED_IN.items() if k != "terms"}
            fields["csrf_token"] = csrf_token(browser, link)
            answer = browser.post(link, data=fields)
            assert (answer.status_code, field in answer.text) == (422, True)
            continue
        status, _, page = send(browser, link, **missing)
        assert status in {409, 422}, missing
        assert field in page, missing
        assert "Eve Example" in page or "name" in missing
    of_all = dict.fromkeys(("name", "company_name", "country"), "")
    _, _, page = send(browser, link, **of_all)
    assert all(f"field-{each}-error" in page for each in of_all)
