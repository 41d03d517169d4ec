"""What we keep of a person: downloaded, and deleted with the account."""

import io
import json
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient

from tests.fixtures.installations import Installation, csrf_token, sign_in

ADA, PAGE = "ada@example.com", "/account/personal-data"


@pytest.fixture
def browser(site: Installation) -> FlaskClient:
    site.customer(ADA, "Ada & Co")
    return sign_in(site.app(), ADA)


def test_a_person_downloads_what_is_kept_of_them(browser: FlaskClient) -> None:
    fields = {"csrf_token": csrf_token(browser, PAGE)}

    answer = browser.post(f"{PAGE}/export", data=fields)

    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    with ZipFile(io.BytesIO(answer.data)) as archive:
        (account,) = json.loads(archive.read("account.json"))
    assert account["email"] == ADA


def test_an_account_is_deleted_once_its_company_is_closed(
    site: Installation, browser: FlaskClient
) -> None:
    def erase(email: str) -> tuple[int, str]:
        fields = {"csrf_token": csrf_token(browser, PAGE), "email": email}
        answer = browser.post(f"{PAGE}/erase", data=fields)
        return answer.status_code, answer.text

    assert erase("another@example.com")[0] == 422
    status, page = erase(ADA)
    assert status == 409
    assert "Ada &amp; Co" in page
    address = page.split('/close"', 1)[0].rsplit('href="', 1)[1] + "/close"
    fields = {"csrf_token": csrf_token(browser, address), "form_key": "k"}
    closed = browser.post(address, data={**fields, "name": "Ada & Co"})
    assert closed.status_code == 303

    assert erase(ADA)[0] == 303

    assert browser.get("/account").status_code == 303
    fields = {"csrf_token": csrf_token(browser, "/login"), "email": ADA}
    login = {**fields, "password": "a-long-Password-1"}
    assert browser.post("/login", data=login).status_code == 401
