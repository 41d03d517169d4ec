"""Links in mails lead to our own address, whatever host a request names."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from services.identity.notices.postboxes import KeptMails
from services.identity.service import IdentityService
from tests.fixtures.installations import PASSWORD, Installation, csrf_token

ADA = "ada@example.com"
EVIL = "evil.example"
PUBLIC_URL = "http://localhost:8000"
FORGED = {
    # Another port of this machine, as with a tunnel: the request is answered.
    "Host": "localhost:6666",
    "Origin": "http://localhost:6666",
    "Forwarded": f"host={EVIL}",
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Proto": "https",
    "X-Host": EVIL,
}
WAYS: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("/login", "/login", "not-me", {"password": PASSWORD}),
    ("/login", "/login/forgot", "reset-password", {}),
    ("/login", "/login/link", "login-link", {}),
    ("/account/email", "/account/email", "confirm-email", {"email": "new@example.com"}),
)
"""A page, its form's address, the link that is mailed for it, and what is typed."""


@pytest.fixture
def kept(site: Installation) -> KeptMails:
    """Where the mails of this site go."""
    identity = site.services.dispatchers["identity"].service
    assert isinstance(identity, IdentityService)
    kept = KeptMails()
    identity._outbox = replace(identity._outbox, postbox=kept)
    return kept


def mailed(site: Installation, kept: KeptMails) -> str:
    """All mails so far: their headers, and their texts without their encoding."""
    for job in ("send_reset_links", "send_login_links", "send_mails"):
        site.run_job(job)
    mails = [mail for _, mail in kept.mails()]
    texts = [part.get_content() for mail in mails for part in mail.iter_parts()]
    return "\n".join([*(f"{mail.items()}" for mail in mails), *texts])


def send(
    browser: FlaskClient, page: str, address: str, typed: dict[str, str], host: str
) -> int:
    fields = {"csrf_token": csrf_token(browser, page), "form_key": "key", "email": ADA}
    headers = FORGED | {"Host": host}
    return browser.post(address, data=fields | typed, headers=headers).status_code


def test_links_lead_to_our_address_whatever_host_asked_for_them(
    site: Installation, kept: KeptMails
) -> None:
    site.customer(ADA, "Lovelace Engines")
    # Of the login with which an account begins nobody is told.
    site.clock.move(timedelta(seconds=1))
    stranger, browser = site.app().test_client(), site.app().test_client()

    for page, address, path, typed in WAYS:
        client = stranger if address.startswith("/login/") else browser
        assert send(client, page, address, typed, EVIL) == 400, address
        assert f"/{path}/" not in mailed(site, kept), address
        assert send(client, page, address, typed, FORGED["Host"]) in {200, 303}
        assert f"{PUBLIC_URL}/{path}/" in mailed(site, kept), address

    text = mailed(site, kept)
    assert set(re.findall(r"https?://[^\s/\"<>]+", text)) == {PUBLIC_URL}
    assert EVIL not in text
