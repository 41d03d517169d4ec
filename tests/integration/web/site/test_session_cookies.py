"""Signing in gives a browser cookies that nobody had before."""

from flask.testing import FlaskClient

from tests.fixtures.installations import (
    PASSWORD,
    Installation,
    csrf_token,
    same_cookies,
    sign_in,
)

EVE, ADA = "eve@example.com", "ada@example.com"


def is_signed_in(browser: FlaskClient) -> bool:
    return browser.get("/account").status_code == 200


def log_in(browser: FlaskClient, email: str) -> None:
    page = browser.get("/logout").text if is_signed_in(browser) else None
    token = csrf_token(browser, "/logout" if page else "/login")
    fields = {"email": email, "password": PASSWORD, "csrf_token": token}
    assert browser.post("/login", data=fields).status_code == 303


def test_cookies_from_before_a_login_are_not_signed_in_by_it(
    site: Installation,
) -> None:
    """Somebody may have planted them."""
    site.customer(ADA, "Ada & Co")
    app = site.app()
    planted = app.test_client()
    csrf_token(planted, "/login")
    victim = same_cookies(app, planted)

    log_in(victim, ADA)

    assert is_signed_in(victim)
    assert not is_signed_in(planted)
    before, after = planted.get_cookie("session"), victim.get_cookie("session")
    assert before
    assert after
    assert before.value != after.value


def test_a_login_replaces_and_ends_the_session_that_was_there(
    site: Installation,
) -> None:
    for email in (EVE, ADA):
        site.customer(email, f"Company of {email}")
    app = site.app()
    planted = sign_in(app, EVE)
    victim = same_cookies(app, planted)

    log_in(victim, ADA)

    page = victim.get("/account").text
    assert ADA in page
    assert EVE not in page
    assert not is_signed_in(planted)


def test_each_login_has_a_token_of_its_own(site: Installation) -> None:
    site.customer(ADA, "Ada & Co")
    app = site.app()
    cookies = [sign_in(app, ADA).get_cookie("session") for _ in range(3)]

    assert len({cookie.value for cookie in cookies if cookie}) == len(cookies)
