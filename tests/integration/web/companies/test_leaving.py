"""Leaving a company in the browser."""

from shared.contracts.identity.memberships import Role
from tests.fixtures.installations import Installation, csrf_token, sign_in

ADA, NEW = "ada@example.com", "/account/companies/new"
SECOND = {
    "name": "Second Ltd",
    "kind": "business",
    "country": "DE",
    "time_zone": "UTC",
}


def test_who_has_left_is_no_member(site: Installation) -> None:
    first = f"/companies/{site.customer(ADA, 'First Ltd', Role.VIEWER)}"
    browser = sign_in(site.app(), ADA)

    def post(page: str, key: str, **fields: str) -> tuple[int, str]:
        sent = {"csrf_token": csrf_token(browser, page), "form_key": key, **fields}
        answer = browser.post(page, data=sent)
        return answer.status_code, answer.headers.get("Location", "")

    _, wallets = post(NEW, "a", **SECOND)
    second = wallets.removesuffix("/wallets")
    assert post(f"{second}/leave", "b")[0] == 409, "its last owner stays"
    assert f"{second}/close" in browser.get(f"{second}/leave").text
    assert "First Ltd" in browser.get(f"{first}/leave").text
    assert post(f"{first}/leave", "c") == (303, "/account")

    account = browser.get("/account").text
    assert "Second Ltd" in account
    assert "First Ltd" not in account
    assert browser.get(f"{first}/profile").status_code == 404
    assert post(f"{second}/leave", "d")[0] == 409, "it is the only one"
