"""Changing and resetting a password in a browser without script."""

import re

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.identity.credentials.password_changes import WRONG_PASSWORDS
from services.identity.credentials.resets import PER_ADDRESS
from shared.principal import load_private_key
from tests.fixtures.identity.mailed_tokens import reset_tokens
from tests.fixtures.installations import (
    PASSWORD,
    Installation,
    csrf_token,
    post,
    sign_in,
)

ADA = "ada@example.com"
NEW = "tram under violet elms"


@pytest.fixture
def app(site: Installation) -> Flask:
    site.customer(ADA, "Lovelace Engines")
    return site.app()


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    return app.test_client()


def change(
    browser: FlaskClient, new: str = NEW, current: str = PASSWORD
) -> TestResponse:
    return post(browser, "/account/password", current=current, new=new)


def send(browser: FlaskClient, address: str, **fields: str) -> TestResponse:
    """Send the form of a page that needs no login."""
    token = csrf_token(browser, address)
    return browser.post(address, data={"csrf_token": token, **fields})


def mailed_link(site: Installation, browser: FlaskClient, email: str = ADA) -> str:
    """Ask for a link and return its address."""
    assert send(browser, "/login/forgot", email=email).status_code == 303
    site.run_job("send_reset_links")
    database = site.services.dispatchers["identity"].service.database
    key = load_private_key(site.var / "keys" / "principal.key")
    *_, token = reset_tokens(database, key, email)
    return f"/reset-password/{token}"


def test_after_the_change_only_this_browser_stays_logged_in(app: Flask) -> None:
    browser, other = sign_in(app, ADA), sign_in(app, ADA)

    answer = change(browser)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert "notice-success" in browser.get("/account").text
    assert other.get("/account").headers["Location"].startswith("/login")
    sign_in(app, ADA, NEW)


def test_a_refusal_is_beside_its_field_and_repeats_no_password(app: Flask) -> None:
    browser = sign_in(app, ADA)

    for current, new, field in (
        ("", NEW, "current"),
        ("not the password", NEW, "current"),
        (PASSWORD, "", "new"),
        (PASSWORD, PASSWORD, "new"),
        (PASSWORD, "short", "new"),
        (PASSWORD, "Lovelace-Engines-1", "new"),
        (PASSWORD, "1234567890", "new"),
        (PASSWORD, "qwertyuiop[]", "new"),
    ):
        answer = change(browser, new, current)

        assert answer.status_code == 422, new
        assert re.findall(r'id="field-(\w+)-error"', answer.text) == [field], new
        typed = [text for text in (current, new) if text]
        assert not any(f'value="{text}"' in answer.text for text in typed), new
    sign_in(app, ADA)


def test_guessing_the_current_password_is_stopped_for_a_while(app: Flask) -> None:
    browser = sign_in(app, ADA)
    for _ in range(WRONG_PASSWORDS.most):
        change(browser, current="not the password")

    answer = change(browser)

    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 900


def test_a_mailed_link_sets_a_new_password(
    site: Installation, app: Flask, stranger: FlaskClient
) -> None:
    signed_in = sign_in(app, ADA)
    link = mailed_link(site, stranger)

    for _ in range(2):  # a scanner opens it, too
        page = stranger.get(link)
        assert page.status_code == 200
        assert f'value="{ADA}" autocomplete="username"' in page.text
    refused = send(stranger, link, new="1234567890")
    assert (refused.status_code, "field-new-error" in refused.text) == (422, True)
    answer = send(stranger, link, new=NEW)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert "notice-success" in stranger.get("/login").text
    assert stranger.get("/account").headers["Location"].startswith("/login")
    assert signed_in.get("/account").headers["Location"].startswith("/login")
    assert stranger.get(link).status_code == 404
    sign_in(app, ADA, NEW)


def test_a_browser_with_a_session_is_logged_out_by_a_reset(
    site: Installation, app: Flask
) -> None:
    browser = sign_in(app, ADA)

    answer = send(browser, mailed_link(site, browser), new=NEW)

    assert answer.headers["Location"] == "/login"
    assert browser.get("/login").status_code == 200


def test_nothing_tells_whether_somebody_has_an_account(
    site: Installation, stranger: FlaskClient
) -> None:
    site.customer("bob@example.com", "Borealis")

    def answers(email: str) -> list[tuple[int, str | None]]:
        found = [
            send(stranger, "/login/forgot", email=email)
            for _ in range(PER_ADDRESS.most // 3)
        ]
        return [(each.status_code, each.headers.get("Location")) for each in found]

    known, unknown = answers("bob@example.com"), answers("nobody@example.com")
    no_address = answers("no address")

    assert known == unknown == no_address
    assert {status for status, _ in known} == {303}
    assert {status for status, _ in answers("bob@example.com")} == {429}
    site.run_job("send_reset_links")


def test_no_log_has_the_secret_of_a_link(
    site: Installation, stranger: FlaskClient
) -> None:
    link = mailed_link(site, stranger)
    token = link.rpartition("/")[2]

    with structlog.testing.capture_logs() as entries:
        stranger.get(link)
        stranger.post(link, data={"new": NEW})  # its form has expired
        send(stranger, link, new="1234567890")
        site.client.broken.add("identity")
        stranger.get(link)
        site.client.broken.clear()
        site.client.down.add("identity")
        stranger.get(link)
        site.client.down.clear()
        send(stranger, link, new=NEW)

    assert {"form_expired", "remote_fault", "refused", "call"} <= {
        entry["event"] for entry in entries
    }
    assert token not in str(entries)
    assert NEW not in str(entries)
