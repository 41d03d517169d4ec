"""Verifying a mobile number in the browser."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from services.identity.models.phones import PhoneCode
from services.identity.service import IdentityService
from tests.fixtures.installations import Installation, csrf_token, sign_in

ADA, NUMBER = "ada@example.com", "+4915123456789"
PAGE = "/account/verification/phone"


@pytest.fixture
def browser(site: Installation) -> FlaskClient:
    site.customer(ADA, "Ada & Co")
    return sign_in(site.app(), ADA)


def post(browser: FlaskClient, path: str, **fields: str) -> tuple[int, str]:
    """Send one of the page's forms; returns the status and the page or the way on."""
    token = csrf_token(browser, PAGE)
    sent = {"csrf_token": token, "form_key": "a-key", **fields}
    answer = browser.post(f"{PAGE}{path}", data=sent)
    onward = re.split("[?#]", answer.headers.get("Location", ""))[0]
    return answer.status_code, onward or answer.text


def sent_code(site: Installation) -> str:
    service = site.services.dispatchers["identity"].service
    assert isinstance(service, IdentityService)
    with service.database.system() as db:
        code_id = db.scalars(select(PhoneCode.id)).one()
    return service._phone_codes.code_of(code_id)


def test_a_number_is_verified_and_removed(
    site: Installation, browser: FlaskClient
) -> None:
    assert post(browser, "", number=NUMBER) == (303, PAGE)
    assert "+49 1512 3456789" in browser.get(PAGE).text
    code = sent_code(site)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    status, page = post(browser, "/code", code=wrong)
    assert status == 422
    assert 'aria-describedby="field-code-error"' in page

    assert post(browser, "/code", code=code) == (303, "/account/verification")
    assert "+49 1512 3456789" in browser.get(PAGE).text
    assert post(browser, "/remove") == (303, "/account/verification")
    assert "+49 1512 3456789" not in browser.get(PAGE).text


def test_a_code_that_has_ended_says_so(
    site: Installation, browser: FlaskClient
) -> None:
    post(browser, "", number=NUMBER)
    wrong = f"{(int(sent_code(site)) + 1) % 10**6:06}"
    for status in (422, 422, 422, 422, 422, 404):
        answered, page = post(browser, "/code", code=wrong)
        assert answered == status
    assert 'role="alert"' in page
    assert 'name="number"' in page, "where another one is asked for"


def test_what_was_typed_stays_where_it_is_refused(browser: FlaskClient) -> None:
    status, page = post(browser, "", number="+49 30 901820")
    assert status == 422
    assert 'value="+49 30 901820"' in page
    assert 'aria-invalid="true"' in page


def test_the_next_code_has_to_wait(browser: FlaskClient) -> None:
    post(browser, "", number=NUMBER, form_key="first")
    status, page = post(browser, "", number=NUMBER, form_key="second")
    assert status == 429
    assert 'aria-invalid="true"' in page
