"""A passkey after the password, through the web."""

from flask.testing import FlaskClient

from tests.fixtures.identity.authenticator import Authenticator
from tests.fixtures.installations import PASSWORD, Installation, csrf_token, sign_in
from tests.fixtures.web.passkeys import add_passkey

ADA = "ada@example.com"
STEP = "/login/second-step"


def give_password(browser: FlaskClient) -> str:
    """Give the right password; returns the token of the next page's forms."""
    form = {"email": ADA, "password": PASSWORD}
    form["csrf_token"] = csrf_token(browser, "/login")
    answer = browser.post("/login?next=/services", data=form)
    assert answer.headers["Location"] == f"{STEP}?next=/services"
    return csrf_token(browser, STEP)


def test_a_passkey_is_asked_for_and_leads_on(site: Installation) -> None:
    site.customer(ADA, "Ada & Co")
    authenticator = Authenticator("http://localhost:8000")
    add_passkey(sign_in(site.app(), ADA), authenticator)
    browser = site.app().test_client()
    token = give_password(browser)

    page = browser.get(STEP).text
    options = browser.post(f"{STEP}/passkey/options", data={"csrf_token": token})
    authenticator.verifies = False
    unverified = authenticator.get(options.text)
    form = {"csrf_token": token, "credential": unverified}
    refused = browser.post(f"{STEP}/passkey", data=form)
    authenticator.verifies = True
    options = browser.post(f"{STEP}/passkey/options", data={"csrf_token": token})
    form = {"csrf_token": token, "credential": authenticator.get(options.text)}
    answer = browser.post(f"{STEP}/passkey?next=/services", data=form)

    assert "6-digit code" not in page
    assert "Use a recovery code" in page
    assert refused.status_code == 422
    assert "can&#39;t accept this passkey" in refused.text
    assert (answer.status_code, answer.headers["Location"]) == (303, "/services")
    assert browser.get("/account").status_code == 200


def test_without_a_pending_log_in_one_starts_again(site: Installation) -> None:
    browser = site.app().test_client()
    token = csrf_token(browser, "/login")

    options = browser.post(f"{STEP}/passkey/options", data={"csrf_token": token})
    answer = browser.post(f"{STEP}/passkey", data={"csrf_token": token})

    assert options.status_code == 401
    assert answer.headers["Location"] == "/login"
