"""Passkeys through the web, without a browser: what its script sends, and gets."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from shared.principal import PROOF_LIFETIME
from tests.fixtures.identity.authenticator import Authenticator
from tests.fixtures.installations import (
    PASSWORD,
    Installation,
    csrf_token,
    post,
    same_cookies,
    sign_in,
)
from tests.fixtures.web.passkeys import PASSKEYS, add_passkey, log_in_with_passkey

ADA = "ada@example.com"


@pytest.fixture
def authenticator() -> Authenticator:
    return Authenticator("http://localhost:8000")


@pytest.fixture
def ada(site: Installation) -> FlaskClient:
    site.customer(ADA, "Ada & Co")
    return sign_in(site.app(), ADA)


@pytest.fixture
def somebody(ada: FlaskClient) -> FlaskClient:
    """A browser in which nobody has signed in."""
    return ada.application.test_client()


def test_a_passkey_logs_in_and_leads_to_the_page_that_was_asked_for(
    ada: FlaskClient, somebody: FlaskClient, authenticator: Authenticator
) -> None:
    add_passkey(ada, authenticator)

    answer = log_in_with_passkey(somebody, authenticator, "?next=/services?q=a")

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/services?q=a"
    assert somebody.get("/account").status_code == 200
    again = log_in_with_passkey(
        ada.application.test_client(), authenticator, "?next=//evil.example"
    )
    assert again.headers["Location"] == "/"


def test_an_answer_is_its_browsers_and_used_once(
    ada: FlaskClient, somebody: FlaskClient, authenticator: Authenticator
) -> None:
    add_passkey(ada, authenticator)
    token = csrf_token(somebody, "/login")
    options = somebody.post("/login/passkey/options", data={"csrf_token": token}).text
    credential = authenticator.get(options)
    thief = ada.application.test_client()

    stolen = send(thief, credential)
    tab = same_cookies(ada.application, somebody)
    first = send(somebody, credential)
    replayed = send(tab, credential)

    assert [stolen, first, replayed] == [422, 303, 422]
    assert thief.get("/account").status_code == 303


def send(browser: FlaskClient, credential: str) -> int:
    form = {"csrf_token": csrf_token(browser, "/login"), "credential": credential}
    return browser.post("/login/passkey", data=form).status_code


def test_a_removed_passkey_is_forgotten_by_the_password_manager(
    ada: FlaskClient, somebody: FlaskClient, authenticator: Authenticator
) -> None:
    passkey = add_passkey(ada, authenticator)
    assert "signalAllAcceptedCredentials" in ada.get(PASSKEYS).text

    removed = post(ada, f"/account/passkeys/{passkey}/remove", form_key="a-key")
    refused = log_in_with_passkey(somebody, authenticator)

    assert removed.status_code == 303
    assert passkey not in ada.get(PASSKEYS).text
    assert refused.status_code == 422
    signals = re.search(r'data-passkey-signals="([^"]+)"', refused.text)
    assert signals
    assert '"signalUnknownCredential": {"credentialId": ' in unescape(signals[1])


def test_a_passkey_is_renamed_and_a_bad_name_is_shown_again(
    ada: FlaskClient, authenticator: Authenticator
) -> None:
    address = f"/account/passkeys/{add_passkey(ada, authenticator)}"

    refused = post(ada, f"{address}/name", name="x" * 61, form_key="a-key")
    saved = post(ada, f"{address}/name", name="<b>Key</b>", form_key="another-key")

    assert refused.status_code == 422
    assert 'id="field-name-error"' in refused.text
    assert f'value="{"x" * 61}"' in refused.text
    assert saved.status_code == 303
    assert "&lt;b&gt;Key&lt;/b&gt;" in ada.get(address).text


def test_without_options_the_form_itself_says_why(
    ada: FlaskClient, somebody: FlaskClient, site: Installation
) -> None:
    token = csrf_token(somebody, "/login")
    missing = somebody.post("/login/passkey", data={"csrf_token": token})
    site.client.down.add("identity")
    away = somebody.post("/login/passkey", data={"csrf_token": token})
    options = somebody.post("/login/passkey/options", data={"csrf_token": token})
    site.client.down.clear()
    flashed = post(ada, "/account/passkeys")

    assert (missing.status_code, away.status_code) == (422, 503)
    assert options.status_code == 503
    assert "did not send a passkey" in missing.text
    assert flashed.status_code == 303
    assert "again to continue" in ada.get(PASSKEYS).text


@pytest.mark.parametrize(
    ("url", "host", "words"),
    [
        ("http://localhost:8000", "localhost", "passkey-login"),
        ("http://localhost:8000", "127.0.0.1", 'href="http://localhost:8000"'),
        ("http://127.0.0.1:8000", "127.0.0.1", None),
        ("http://127.0.0.1:8000", "localhost", None),
    ],
)
def test_the_login_says_where_passkeys_work(
    site: Installation, url: str, host: str, words: str | None
) -> None:
    site.environment = {"PUBLIC_URL": url}

    page = site.app().test_client().get("/login", base_url=f"http://{host}").text

    assert ("passkey" in page.lower()) is bool(words)
    assert (words or "") in page
    assert ("<form id=" in page) is (words == "passkey-login")


def test_adding_one_long_after_the_last_proof_asks_for_another(
    ada: FlaskClient, site: Installation
) -> None:
    site.clock.move(PROOF_LIFETIME)
    token = csrf_token(ada, PASSKEYS)

    options = ada.post("/account/passkeys/options", data={"csrf_token": token})
    # The script sends the form itself then.
    asked = ada.post("/account/passkeys", data={"csrf_token": token, "credential": ""})
    proof = hidden_of(asked.text) | {"password": PASSWORD}
    kept = hidden_of(ada.post("/confirm", data=proof).text)
    answer = ada.post("/account/passkeys", data=kept)

    assert (options.status_code, asked.status_code) == (403, 403)
    assert answer.status_code == 303
    assert "again to continue" in ada.get(PASSKEYS).text


def hidden_of(page: str) -> dict[str, str]:
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}
