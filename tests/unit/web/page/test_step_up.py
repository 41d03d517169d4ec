"""What needs a recent proof: asked for once, and sent on as it was typed."""

import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from msgspec.structs import replace
from werkzeug.test import TestResponse

from shared.contracts.billing.refund_requests import ASK_FOR_REFUND
from shared.contracts.identity.factors import GET_FACTORS
from shared.contracts.identity.passkeys import BEGIN_PASSKEY_PROOF, CeremonyOptions
from shared.contracts.identity.sessions import (
    END_OTHER_SESSIONS,
    LIST_SESSIONS,
    PROVE,
    EndedSessions,
    OpenSessions,
    PasskeyProof,
    PasswordProof,
    Prove,
)
from shared.errors import InvalidInput, Throttled, Unavailable
from shared.principal import PROOF_LIFETIME
from tests.fixtures.fake_services import NO_FACTORS, OURS, FakeServices
from tests.fixtures.installations import csrf_token
from tests.fixtures.web.pages import HTMX
from tests.fixtures.web.top_ups import TOP_UP_ID

PASSWORD = "a-long-Password-1"
ENDING = "/account/sessions/end-others"
REFUND = f"/funds/top-ups/{TOP_UP_ID}/refund-requests"
PAYMENT = "8f14e45f-ceea-4b67-8c1b-0000000000aa"
TYPED = {"payment": PAYMENT, "reason": 'Twice & "more"', "form_key": "a-key"}
NEW_TOKEN = "the session's new token"
CREDENTIAL = "what the browser answers"


@pytest.fixture
def browser(billing: FakeServices) -> FlaskClient:
    """Somebody whose last proof is too old."""
    billing.clock.move(PROOF_LIFETIME)
    billing.answers[str(END_OTHER_SESSIONS)] = lambda _: EndedSessions(count=2)
    billing.answers[str(LIST_SESSIONS)] = lambda _: OpenSessions(sessions=[])
    billing.answers[str(PROVE)] = lambda request: prove(billing, request)
    return billing.browser()


def prove(billing: FakeServices, request: Prove) -> object:
    if request.proof != PasswordProof(password=PASSWORD):
        raise InvalidInput("wrong_password")
    billing.proved_at = billing.clock.now()
    return billing.session(NEW_TOKEN)


def send(browser: FlaskClient, address: str, **fields: str) -> TestResponse:
    return _send(browser, address, None, fields)


def send_by_script(browser: FlaskClient, address: str, **fields: str) -> TestResponse:
    return _send(browser, address, HTMX, fields)


def _send(
    browser: FlaskClient,
    address: str,
    headers: Mapping[str, str] | None,
    fields: Mapping[str, str],
) -> TestResponse:
    token = csrf_token(browser, "/")
    data = {"csrf_token": token, **fields}
    return browser.post(address, data=data, headers=headers)


def hidden(page: TestResponse, form: str = "main") -> dict[str, str]:
    """The hidden fields of the page's own form, without its token."""
    text = page.text.split(f"<{form}", 1)[1]
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', text)
    return {n: unescape(value) for n, value in found if n != "csrf_token"}


def called(billing: FakeServices) -> list[str]:
    return [method for method, _, _ in billing.calls]


def test_a_form_is_asked_a_proof_for_and_sent_on_as_it_was(
    billing: FakeServices, browser: FlaskClient
) -> None:
    asked = send(browser, REFUND, **TYPED)
    assert asked.status_code == 403
    assert str(ASK_FOR_REFUND) not in called(billing)
    # What was typed is in no cookie.
    cookies = asked.headers.getlist("Set-Cookie")
    assert [each.partition("=")[0] for each in cookies] == ["principal"]

    proved = send(browser, "/confirm", **hidden(asked), password=PASSWORD)
    assert proved.status_code == 200
    assert f'action="{REFUND}?" data-send-on' in proved.text
    assert hidden(proved) == TYPED
    assert PASSWORD not in proved.text
    with browser.session_transaction() as cookie:
        assert cookie["_user_id"] == NEW_TOKEN


def test_a_script_is_given_dialogs(billing: FakeServices, browser: FlaskClient) -> None:
    asked = send_by_script(browser, ENDING)
    assert asked.status_code == 403
    assert asked.headers["HX-Retarget"] == "#dialog"
    assert asked.headers["HX-Push-Url"] == "false"
    assert asked.text.lstrip().startswith("<dialog")

    kept = hidden(asked, "dialog")
    wrong = send_by_script(browser, "/confirm", **kept, password="wrong")
    assert wrong.status_code == 422
    assert 'id="field-password-error"' in wrong.text

    again = hidden(wrong, "dialog")
    proved = send_by_script(browser, "/confirm", **again, password=PASSWORD)
    assert proved.text.lstrip().startswith("<dialog")
    assert f'action="{ENDING}?"' in proved.text
    assert called(billing).count(str(END_OTHER_SESSIONS)) == 0


def test_who_has_an_app_is_asked_for_its_code(
    billing: FakeServices, browser: FlaskClient
) -> None:
    def take(request: Prove) -> object:
        if request.proof != PasswordProof(password=PASSWORD, code="123456"):
            raise InvalidInput("wrong_code", "", {"field": "code"})
        return billing.session(NEW_TOKEN)

    billing.answers[str(PROVE)] = take
    without = send(browser, ENDING)
    assert 'name="code"' not in without.text
    has_app = replace(NO_FACTORS, is_on=True, totp_since=billing.clock.now())
    billing.answers[str(GET_FACTORS)] = lambda _: has_app
    asked = send(browser, ENDING, code="of the form that is kept")
    assert 'name="code" ' in asked.text.split('id="confirm-title"')[1]

    for fields in ({}, {"code": "000000"}):
        wrong = send(
            browser, "/confirm", **hidden(without), password=PASSWORD, **fields
        )
        assert wrong.status_code == 422
        assert 'id="field-code-error"' in wrong.text
    proved = send(
        browser, "/confirm", **hidden(asked), password=PASSWORD, code="123456"
    )
    assert hidden(proved) == {"code": "of the form that is kept"}


def test_who_has_a_passkey_alone_is_asked_for_it(
    billing: FakeServices, browser: FlaskClient
) -> None:
    def take(request: Prove) -> object:
        if request.proof != PasskeyProof(credential=CREDENTIAL):
            raise InvalidInput("passkey_refused")
        return billing.session(NEW_TOKEN)

    billing.answers[str(PROVE)] = take
    billing.answers[str(BEGIN_PASSKEY_PROOF)] = lambda _: CeremonyOptions(options="{}")
    has_passkey = replace(NO_FACTORS, is_on=True, has_passkey=True)
    billing.answers[str(GET_FACTORS)] = lambda _: has_passkey
    asked = send(browser, REFUND, **TYPED)
    assert 'data-options="/confirm/passkey/options"' in asked.text
    assert ">Recovery code" in asked.text

    assert send(browser, "/confirm/passkey/options", **hidden(asked)).text == "{}"
    for credential in ("", "another"):
        kept = hidden(asked) | {"credential": credential}
        refused = send(browser, "/confirm/passkey", **kept)
        assert refused.status_code == 422
        assert 'data-options="/confirm/passkey/options"' in refused.text
    kept = hidden(refused) | {"credential": CREDENTIAL}
    assert hidden(send(browser, "/confirm/passkey", **kept)) == TYPED


def test_after_the_proof_it_is_done(
    billing: FakeServices, browser: FlaskClient
) -> None:
    asked = send(browser, ENDING, form_key="a-key")
    proved = send(browser, "/confirm", **hidden(asked), password=PASSWORD)

    done = send(browser, ENDING, **hidden(proved))

    assert done.status_code == 303
    assert called(billing).count(str(END_OTHER_SESSIONS)) == 1


def test_a_page_that_needs_a_proof_is_opened_after_it(
    billing: FakeServices, browser: FlaskClient
) -> None:
    asked = browser.get("/confirm?next=/services?q=x")
    assert asked.status_code == 200
    assert hidden(asked)["next"] == "/services?q=x"

    proved = send(browser, "/confirm", **hidden(asked), password=PASSWORD)
    assert proved.status_code == 303
    assert proved.headers["Location"] == "/services?q=x"

    shown = send_by_script(browser, "/confirm", **hidden(asked), password=PASSWORD)
    assert shown.headers["HX-Redirect"] == "/services?q=x"


SECRETS = {
    "/account/password": {"current": "typed-1", "new": "typed-2"},
    "/account/two-factor/app": {"code": "typed-1", "secret": "typed-2"},
}


@pytest.mark.parametrize("page", SECRETS)
def test_a_page_for_secrets_asks_for_the_proof_before_it_is_shown(
    browser: FlaskClient, page: str
) -> None:
    asked = browser.get(page)
    assert asked.status_code == 403
    proved = send(browser, "/confirm", **hidden(asked), password=PASSWORD)
    assert proved.headers["Location"].rstrip("?") == page


@pytest.mark.parametrize(("page", "typed"), SECRETS.items())
def test_secrets_are_not_kept_during_a_proof(
    browser: FlaskClient, page: str, typed: dict[str, str]
) -> None:
    asked = send(browser, page, **typed)
    assert asked.status_code == 403
    assert "typed-" not in asked.text
    kept = hidden(asked)["kept"].partition(".")[0]
    assert b"typed-" not in b64decode(f"{kept}==", altchars=b"-_")
    proved = send(browser, "/confirm", **hidden(asked), password=PASSWORD)

    assert proved.headers["Location"] == page


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/no"])
def test_a_proof_leads_to_our_own_pages_only(browser: FlaskClient, target: str) -> None:
    asked = browser.get(f"/confirm?{urlencode({'next': target})}")
    proved = send(browser, "/confirm", **hidden(asked), password=PASSWORD)

    assert proved.headers["Location"] == "/"


def test_what_was_kept_is_of_this_browsers_session_and_this_hour(
    billing: FakeServices, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = hidden(send(browser, REFUND, **TYPED))["kept"]
    other = billing.browser()

    for who, text in ((other, kept), (browser, kept[:-3]), (browser, "")):
        refused = send(who, "/confirm", kept=text, password=PASSWORD)
        assert refused.status_code == 400
    monkeypatch.setattr("web.page.session.step_up._KEPT_FOR_S", -1)
    assert send(browser, "/confirm", kept=kept, password=PASSWORD).status_code == 400
    assert str(PROVE) not in called(billing)


def test_a_form_that_is_too_long_is_not_kept(
    billing: FakeServices, browser: FlaskClient
) -> None:
    asked = send(browser, REFUND, **TYPED | {"other": "x" * 66_000})
    proved = send(browser, "/confirm", **hidden(asked), password=PASSWORD)

    assert proved.status_code == 303
    assert proved.headers["Location"].startswith(f"/funds/top-ups/{TOP_UP_ID}?")


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (Throttled("too_many_logins", "", {"retry_after_s": 60}), 429),
        (Unavailable("deadline_exceeded"), 503),
    ],
)
def test_without_an_answer_the_form_is_there_still(
    billing: FakeServices,
    browser: FlaskClient,
    refusal: Throttled | Unavailable,
    status: int,
) -> None:
    def refuse(_request: Prove) -> object:
        raise refusal

    asked = send(browser, REFUND, **TYPED)
    billing.answers[str(PROVE)] = refuse

    answer = send(browser, "/confirm", **hidden(asked), password=PASSWORD)

    assert answer.status_code == status
    assert hidden(answer) == hidden(asked)
    assert ("Retry-After" in answer.headers) == (status == 429)


def test_an_expired_proof_form_is_shown_again_with_what_was_kept(
    browser: FlaskClient,
) -> None:
    asked = send(browser, REFUND, **TYPED)

    answer = browser.post("/confirm", data={**hidden(asked), "csrf_token": "old"})

    assert answer.status_code == 400
    assert hidden(answer) == hidden(asked)


def test_a_poll_with_the_token_of_before_logs_nobody_out(billing: FakeServices) -> None:
    browser = billing.browser()
    billing.clock.move(timedelta(minutes=6))
    billing.session_was_renewed = True

    poll = browser.get("/blocks/balance", headers=HTMX)

    assert poll.status_code == 204
    assert "Set-Cookie" not in poll.headers
    page = browser.get(f"/?company={OURS}")
    assert page.headers["Location"].startswith("/login")
