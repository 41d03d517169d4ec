"""Leaving a company in the browser."""

from tests.fixtures.installations import Installation, csrf_token, sign_in

ADA = "ada@example.com"
SECOND = {
    "name": "Second Ltd",
    "kind": "business",
    "country": "DE",
    "time_zone": "UTC",
    "form_key": "a-key",
}


def test_who_has_left_is_no_member(site: Installation) -> None:
    site.customer(ADA, "Ada & Co")
    browser = sign_in(site.app(), ADA)
    new = "/account/companies/new"
    sent = {"csrf_token": csrf_token(browser, new), **SECOND}
    wallets = browser.post(new, data=sent).headers["Location"]
    page = wallets.replace("/wallets", "/leave")
    assert "Second Ltd" in browser.get(page).text

    sent = {"csrf_token": csrf_token(browser, page), "form_key": "b"}
    answer = browser.post(page, data=sent)
    assert answer.status_code == 409, "its last owner stays"
    assert "Second Ltd" in answer.text
