"""The second step in a browser: what opens nothing, and what is shown once."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from launcher.servers.databases import SERVICES
from shared.contracts import identity
from shared.contracts.identity.factors import RECOVERY_CODES
from tests.fixtures.identity.authenticator import Authenticator
from tests.fixtures.identity.two_factor import SECRET, WRONG, code_at
from tests.fixtures.installations import (
    PASSWORD,
    Installation,
    csrf_token,
    installation,
    post,
    sign_in,
)

ADA = "ada@example.com"
STEP = "/login/second-step?next=/services"
_HIDDEN = re.compile(r'type="hidden" name="(\w+)" value="([^"]*)"')
_CODES = re.compile(r"<code>([0-9A-Z-]{29})</code>")


@pytest.fixture
def strict_site(
    new_database: Callable[[str], str], tmp_path: Path
) -> Iterator[Installation]:
    """Of a provider who lets nobody in without a second factor."""
    urls = {name: new_database(name) for name in SERVICES}
    required = {"SECOND_FACTOR": "required"}
    with installation(urls, tmp_path, environment=required) as made:
        made.customer(ADA, "Ada & Co")
        yield made


@pytest.fixture
def site_of_ada(site: Installation) -> Installation:
    """Ada has an authenticator app."""
    site.customer(ADA, "Ada & Co")
    app = identity.factors.ImportTotp(user_id=site.user_ids[ADA], secret=SECRET)
    site.operator.call(identity.factors.IMPORT_TOTP, app)
    return site


def give_password(browser: FlaskClient) -> TestResponse:
    form = {"email": ADA, "password": PASSWORD}
    form["csrf_token"] = csrf_token(browser, "/login")
    return browser.post("/login?next=/services", data=form)


def answer(browser: FlaskClient, address: str, code: str) -> TestResponse:
    hidden = dict(_HIDDEN.findall(browser.get(address).text))
    return browser.post(address, data={**hidden, "code": code})


def is_logged_in(browser: FlaskClient) -> bool:
    return browser.get("/account").status_code == 200


def test_the_code_leads_to_the_page_that_was_asked_for(
    site_of_ada: Installation,
) -> None:
    browser = site_of_ada.app().test_client()

    assert give_password(browser).headers["Location"] == STEP
    assert not is_logged_in(browser)
    assert browser.get_cookie("principal") is None
    refused = answer(browser, STEP, WRONG)
    assert (refused.status_code, is_logged_in(browser)) == (422, False)
    done = answer(browser, STEP, code_at(site_of_ada.clock.now()))
    assert (done.status_code, done.headers["Location"]) == (303, "/services")
    assert is_logged_in(browser)


def test_five_wrong_codes_lead_back_to_the_password(
    site_of_ada: Installation,
) -> None:
    browser = site_of_ada.app().test_client()
    give_password(browser)
    for _ in range(4):
        assert answer(browser, STEP, WRONG).status_code == 422

    ended = answer(browser, STEP, WRONG)

    assert ended.headers["Location"] == "/login?next=/services"
    assert "Start again" in browser.get("/login").text


def test_the_step_belongs_to_the_browser_that_gave_the_password(
    site_of_ada: Installation,
) -> None:
    app = site_of_ada.app()
    give_password(app.test_client())
    other = app.test_client()

    token = csrf_token(other, "/login")
    code = code_at(site_of_ada.clock.now())
    sent = other.post(STEP, data={"csrf_token": token, "code": code})

    assert sent.headers["Location"] == "/login?next=/services"
    assert not is_logged_in(other)


def test_where_it_is_required_nothing_opens_before_the_set_up(
    strict_site: Installation,
) -> None:
    browser = strict_site.app().test_client()
    set_up = "/login/set-up?next=/services"
    assert give_password(browser).headers["Location"] == set_up
    assert not is_logged_in(browser)
    secret = dict(_HIDDEN.findall(browser.get(set_up).text))["secret"]
    page = browser.get(set_up).text
    hidden = dict(_HIDDEN.findall(page))
    assert hidden["secret"] != secret, "nothing keeps a secret that was proposed"

    wrong = browser.post(set_up, data={**hidden, "code": WRONG})
    assert (wrong.status_code, is_logged_in(browser)) == (422, False)
    assert dict(_HIDDEN.findall(wrong.text))["secret"] == hidden["secret"]
    code = code_at(strict_site.clock.now(), hidden["secret"])
    done = browser.post(set_up, data={**hidden, "code": code})

    codes = _CODES.findall(done.text)
    assert (done.status_code, len(codes)) == (200, 10)
    assert 'href="/services"' in done.text
    assert is_logged_in(browser)
    assert "Turn off" in browser.get("/account/two-factor").text
    strict_site.clock.move(timedelta(seconds=30))
    again = strict_site.app().test_client()
    assert give_password(again).headers["Location"] == STEP


def test_codes_can_be_downloaded_while_they_are_shown(site: Installation) -> None:
    site.customer(ADA, "Ada & Co")
    browser = sign_in(site.app(), ADA)
    hidden = dict(_HIDDEN.findall(browser.get("/account/two-factor").text))
    code = code_at(site.clock.now(), hidden["secret"])
    shown = browser.post("/account/two-factor/app", data={**hidden, "code": code})
    codes = _CODES.findall(shown.text)
    assert len(codes) == 10

    address = "/account/two-factor/recovery-codes.txt"
    file = post(browser, address, codes=" ".join(codes))

    assert file.text.split() == codes
    assert "attachment" in file.headers["Content-Disposition"]
    assert post(browser, address, codes="<script>").status_code == 422
    assert not any(code in browser.get("/account/two-factor").text for code in codes)


def test_the_page_leads_to_where_other_sessions_end(site: Installation) -> None:
    """A change of factors ends none; OWASP ASVS 5.0, 7.4.3."""
    site.customer(ADA, "Ada & Co")
    app = site.app()
    other, browser = sign_in(app, ADA), sign_in(app, ADA)
    page = browser.get("/account/two-factor").text
    link = re.search('href="(/account/sessions[^"]*)"', page)
    assert link

    *_, form = browser.get(unescape(link[1])).text.split('action="')
    address, _, fields = form.partition('"')
    ended = browser.post(address, data=dict(_HIDDEN.findall(fields)))

    assert ended.status_code == 303
    assert is_logged_in(browser)
    assert not is_logged_in(other)


def test_where_a_factor_is_required_a_passkey_can_be_set_up(
    strict_site: Installation,
) -> None:
    browser = strict_site.app().test_client()
    assert give_password(browser).headers["Location"].startswith("/login/set-up")
    form = {"csrf_token": csrf_token(browser, "/login/set-up")}
    options = browser.post("/login/set-up/passkey/options", data=form).text
    form["credential"] = Authenticator("http://localhost:8000").create(options)

    shown = browser.post("/login/set-up/passkey?next=/services", data=form)

    assert len(_CODES.findall(shown.text)) == RECOVERY_CODES
    assert browser.get("/services").status_code == 200


def test_who_has_few_recovery_codes_is_warned(site_of_ada: Installation) -> None:
    browser = site_of_ada.app().test_client()
    give_password(browser)
    answer(browser, STEP, code_at(site_of_ada.clock.now()))

    assert "You have no recovery codes left" in browser.get("/account/two-factor").text
