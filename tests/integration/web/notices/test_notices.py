"""Notifications in the browser: the bell, the list, and "This wasn't me"."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete

from services.identity.memberships import of_user
from services.identity.models.notices import Notice
from services.identity.models.people import User
from services.identity.notices.notify import MAIL_ONLY, Subject, notify
from services.identity.notices.postboxes import KeptMails
from services.identity.service import IdentityService
from shared.contracts.identity.notices import NoticeKind
from shared.principal import system
from shared.rpc.call import Call
from shared.rpc.change import Change
from tests.fixtures.installations import (
    PASSWORD,
    Installation,
    csrf_token,
    post,
    same_cookies,
    sign_in,
)
from tests.fixtures.web.pages import HTMX
from web.page.context import EXTENSION
from web.page.freshness.changes import SETTLING

ADA = "ada@example.com"
LOG_IN = {"email": ADA, "password": PASSWORD}
SOME_ID = str(UUID(int=7))
HOSTILE = "<b>Bold</b>"
PARAMETERS = {
    **dict.fromkeys(("document_id", "top_up_id", "service_id"), SOME_ID),
    "amount": "119.00",
    "currency": "EUR",
    "reference": "TU-1",
    "number": "INV-1",
    "count": "1",
    "names": HOSTILE,
    "passkey": HOSTILE,
    "device": HOSTILE,
    "person": HOSTILE,
    "email": HOSTILE,
    "state": "asks",
    "kind": "proforma",
    "due_on": "2026-03-31",
    "reason": "payment",
}
FACTS = {
    NoticeKind.NEW_DEVICE: ("&lt;b&gt;Bold", "/account?"),
    NoticeKind.PASSKEY_ADDED: ("&lt;b&gt;Bold", "/account/two-factor?"),
    NoticeKind.DOCUMENT_ISSUED: ("INV-1", "119.00", "31 Mar 2026", f"/{SOME_ID}"),
    NoticeKind.PAYMENT_FAILED: ("119.00", "TU-1", f"/funds/top-ups/{SOME_ID}?"),
    NoticeKind.SERVICES_SUSPENDED: ("&lt;b&gt;Bold", "/funds/add?"),
    NoticeKind.SERVICES_RESUMED: ("&lt;b&gt;Bold", f"/services/{SOME_ID}?"),
    NoticeKind.INVITATION_ANSWERED: ("&lt;b&gt;Bold", "/members"),
    NoticeKind.REFUND_DECIDED: ("119.00", "TU-1", f"/funds/top-ups/{SOME_ID}?"),
    NoticeKind.VERIFICATION_DOCUMENT_APPROVED: ("/account/verification?",),
    NoticeKind.VERIFICATION_DOCUMENT_REJECTED: ("/account/verification?",),
}


@pytest.fixture
def kept(site: Installation) -> KeptMails:
    """Where the mails of this site go."""
    identity = site.services.dispatchers["identity"].service
    assert isinstance(identity, IdentityService)
    kept = KeptMails()
    identity._outbox = replace(identity._outbox, postbox=kept)
    return kept


@pytest.fixture
def browser(site: Installation) -> FlaskClient:
    site.customer(ADA, "Ada & Co")
    return log_in(site, site.app(), ADA)


def log_in(site: Installation, app: Flask, email: str) -> FlaskClient:
    """Log in, without the notice that it was from a new device."""
    browser = sign_in(app, email)
    with site.services.dispatchers["identity"].service.database.system() as db:
        db.execute(delete(Notice).where(Notice.kind == NoticeKind.NEW_DEVICE))
    site.services.deliver_events()
    return browser


def tell(site: Installation, kind: NoticeKind) -> None:
    """Give Ada a notice, of her company."""
    identity = site.services.dispatchers["identity"].service
    with identity.database.system() as db:
        user = db.get_one(User, site.user_ids[ADA])
        company_id = of_user(db, user.id)[0].company_id
        call = Call(system("test"), "test", site.clock.now())
        change = Change(db, identity.runtime, call)
        subject = Subject(kind, f"{identity.runtime.new_id()}", PARAMETERS, company_id)
        notify(change, user, subject)
    site.services.deliver_events()


def unread(page: str) -> int:
    found = re.search(r'aria-label="Notifications, (\d+) unread"', page)
    return int(found[1]) if found else 0


@pytest.mark.parametrize(
    "kind", [it for it in NoticeKind if it not in MAIL_ONLY], ids=lambda it: it.value
)
def test_each_kind_is_a_sentence_with_a_next_step(
    site: Installation, browser: FlaskClient, kind: NoticeKind
) -> None:
    tell(site, kind)

    page = browser.get("/account/notices").text
    assert unread(page) == 1
    assert "Something about your account" not in page
    assert len(re.findall('class="next-step"', page)) == 1
    assert HOSTILE not in page
    words = re.sub("<[^>]+>", "", page)
    for fact in FACTS.get(kind, ()):
        assert fact in (page if fact.startswith("/") else words), fact


def test_marking_as_read_shows_in_every_tab(
    site: Installation, browser: FlaskClient
) -> None:
    for _ in range(2):
        tell(site, NoticeKind.PAYMENT_FAILED)
    tab = same_cookies(browser.application, browser)
    bell = tab.get("/blocks/bell", headers=HTMX)
    assert unread(bell.text) == 2
    page = browser.get("/account/notices").text
    one = re.search(r'name="notice" value="([^"]+)"', page)
    newest = re.search(r'name="up_to" value="(\d+)"', page)
    assert one
    assert newest

    address = "/account/notices/read"
    assert post(browser, address, notice=one[1], form_key="a").status_code == 303
    tag = {"HX-PTag": bell.headers["HX-PTag"]}
    assert unread(tab.get("/blocks/bell", headers=HTMX | tag).text) == 1
    assert post(browser, address, up_to=newest[1], form_key="b").status_code == 303
    assert unread(tab.get("/").text) == 0
    assert post(browser, address, up_to="x", form_key="c").status_code == 422


def test_a_notice_is_news_to_its_reader_alone(
    site: Installation, browser: FlaskClient
) -> None:
    site.customer("bob@example.com", "Bob & Co")
    bob = log_in(site, browser.application, "bob@example.com")
    site.clock.move(SETTLING + timedelta(seconds=1))
    tags = [
        {"HX-PTag": each.get("/blocks/bell", headers=HTMX).headers["HX-PTag"]}
        for each in (browser, bob)
    ]
    tell(site, NoticeKind.NEW_DEVICE)
    site.client.calls.clear()

    assert bob.get("/blocks/bell", headers=HTMX | tags[1]).status_code == 304
    assert site.client.calls == []
    assert unread(browser.get("/blocks/bell", headers=HTMX | tags[0]).text) == 1
    assert site.client.calls == ["identity.resume_session"]


def test_the_list_goes_on_by_pages(site: Installation, browser: FlaskClient) -> None:
    for _ in range(26):
        tell(site, NoticeKind.PASSWORD_CHANGED)

    first = browser.get("/account/notices").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    assert browser.get(unescape(following[1])).text.count('class="next-step"') == 1


def test_without_identity_nothing_can_be_marked(
    site: Installation, browser: FlaskClient
) -> None:
    tell(site, NoticeKind.PASSWORD_CHANGED)
    assert "Mark as read" in browser.get("/account/notices").text
    site.client.down.add("identity")

    page = browser.get("/account/notices")

    assert page.status_code == 200
    assert "Mark as read" not in page.text
    assert unread(page.text) == 1


def test_the_link_of_a_mail_asks_first(
    site: Installation, browser: FlaskClient, kept: KeptMails
) -> None:
    tell(site, NoticeKind.PASSWORD_CHANGED)
    site.run_job("send_mails")
    (_, mail), *_ = kept.mails()
    text = mail.get_body(("plain",))
    assert text
    link = re.search(r"http://localhost:8000(/not-me/\w+)", text.get_content())
    assert link

    for _ in range(2):
        asked = browser.get(link[1])
        assert "Lock my account" in asked.text
    assert browser.get("/account").status_code == 200
    token = csrf_token(browser, link[1])
    done = browser.post(link[1], data={"csrf_token": token})

    assert "Your account is locked" in done.text
    assert browser.get("/account").status_code == 303
    assert browser.get(link[1]).status_code == 404
    token = csrf_token(browser, "/login")
    refused = browser.post("/login", data={**LOG_IN, "csrf_token": token})
    assert "locked" in refused.text


@pytest.mark.parametrize(
    ("address", "forwarded_for", "status"),
    [
        ("127.0.0.1", "", 200),
        ("192.0.2.1", "", 404),
        ("127.0.0.1", "192.0.2.1", 404),
        ("127.0.0.1", "127.0.0.1, 127.0.0.1", 404),
    ],
)
def test_kept_mails_are_for_this_machine(
    site: Installation,
    kept: KeptMails,
    address: str,
    forwarded_for: str,
    status: int,
) -> None:
    site.customer(ADA, "Ada & Co")
    tell(site, NoticeKind.PASSWORD_CHANGED)
    site.run_job("send_mails")
    app = site.app()
    app.extensions[EXTENSION] = replace(
        app.extensions[EXTENSION], kept_mails=kept.mails
    )
    near = app.test_client()

    for page, words in (
        ("", "Your password has changed"),
        ("/1", "/not-me/"),
        ("/1.html", "<style>"),
        ("/2", None),
    ):
        answer = near.get(
            f"/dev/mailbox{page}",
            headers={"X-Forwarded-For": forwarded_for} if forwarded_for else {},
            environ_overrides={"REMOTE_ADDR": address},
        )
        assert answer.status_code == (status if words else 404)
        assert (words or "") in answer.text or status != 200
