"""Changing one's email in the browser, by the links of the mails."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from services.identity.models.mailed_links import MailedLink
from services.identity.models.notices import Notice
from services.identity.service import IdentityService
from shared.contracts.identity.notices import Channel, NoticeKind
from tests.fixtures.installations import PASSWORD, Installation, csrf_token, sign_in

OLD, NEW = "ada@example.com", "new@example.com"


def mailed_link(site: Installation, kind: NoticeKind) -> str:
    """The address that the latest mail of a kind leads to."""
    service = site.services.dispatchers["identity"].service
    assert isinstance(service, IdentityService)
    with service.database.system() as db:
        mails = select(Notice).where(
            Notice.kind == kind, Notice.channel == Channel.MAIL
        )
        (mail,) = db.scalars(mails).all()
        link = db.get_one(MailedLink, UUID(mail.parameters["link_id"]))
        token = service._links.token(link.kind, link.id)
        return f"/{link.kind.value.replace('_', '-')}/{token}"


def press(browser: FlaskClient, address: str) -> tuple[int, str]:
    """Send the form of a page that a link leads to; returns status and where next."""
    page = browser.get(address)
    assert page.status_code == 200
    fields = {"csrf_token": csrf_token(browser, address), "form_key": "a-key"}
    answer = browser.post(address, data=fields)
    return answer.status_code, answer.headers.get("Location", "")


def main_of(page: str) -> str:
    return page.split("<main", 1)[1].split("</main>", maxsplit=1)[0]


def ask(browser: FlaskClient, email: str) -> int:
    token = csrf_token(browser, "/account/email")
    fields = {"csrf_token": token, "form_key": "a-key", "email": email}
    return browser.post("/account/email", data=fields).status_code


@pytest.fixture
def browser(site: Installation) -> FlaskClient:
    site.customer(OLD, "Ada & Co")
    return sign_in(site.app(), OLD)


def test_an_email_is_changed_and_changed_back(
    site: Installation, browser: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(browser, NEW) == 303
    assert NEW in browser.get("/account/email").text
    confirming = mailed_link(site, NoticeKind.EMAIL_CONFIRM)
    browser.get(confirming)
    assert sign_in(browser.application, OLD), "opening the link changes nothing"

    assert press(browser, confirming)[0] == 303
    assert NEW in browser.get("/account").text
    assert sign_in(browser.application, NEW)

    undoing = mailed_link(site, NoticeKind.EMAIL_CHANGED)
    stranger = browser.application.test_client()
    status, onward = press(stranger, undoing)
    assert (status, onward) == (303, "/login")
    assert OLD in stranger.get("/login").text
    assert browser.get("/account").headers["Location"].startswith("/login")
    assert sign_in(browser.application, OLD)
    used = stranger.get(undoing)
    assert (used.status_code, "<form" in main_of(used.text)) == (404, False)
    logged = capsys.readouterr()
    for link in (confirming, undoing):
        token = link.rpartition("/")[2]
        assert token not in logged.out + logged.err


def test_after_logging_in_one_is_back_at_the_link(
    site: Installation, browser: FlaskClient
) -> None:
    ask(browser, NEW)
    link = mailed_link(site, NoticeKind.EMAIL_CONFIRM)
    phone = browser.application.test_client()
    login = phone.get(link).headers["Location"]
    fields = {"csrf_token": csrf_token(phone, login), "email": OLD}

    answer = phone.post(login, data=fields | {"password": PASSWORD})

    assert answer.headers["Location"] == link
    assert press(phone, link)[0] == 303


def test_what_is_no_new_email_is_refused_beside_the_field(
    browser: FlaskClient,
) -> None:
    token = csrf_token(browser, "/account/email")
    fields = {"csrf_token": token, "form_key": "a-key", "email": "no address"}

    answer = browser.post("/account/email", data=fields)

    assert answer.status_code == 422
    assert 'id="field-email-error"' in answer.text
    assert 'value="no address"' in answer.text
