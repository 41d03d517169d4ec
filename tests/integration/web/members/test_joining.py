"""From a mail to a company: by a new account, an existing one, or after approval."""

import re
from dataclasses import replace
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from services.identity.mailed_links import MailedLinks
from services.identity.models.invitations import BillingContact
from services.identity.models.mailed_links import LinkKind
from services.identity.notices.postboxes import KeptMails
from services.identity.service import IdentityService
from shared.contracts.identity.people import (
    SET_VERIFICATION,
    SetVerification,
    VerificationState,
    VerificationStep,
)
from shared.principal import load_private_key
from tests.fixtures.installations import Installation, csrf_token, sign_in

ADA, KNOWN, NEW = "ada@example.com", "known@example.com", "new@example.com"
BOOKS = "books@example.com"
PASSWORD = "tram under violet elms"


@pytest.fixture
def kept(site: Installation) -> KeptMails:
    """Where the mails of this site go."""
    identity = site.services.dispatchers["identity"].service
    assert isinstance(identity, IdentityService)
    kept = KeptMails()
    identity._outbox = replace(identity._outbox, postbox=kept)
    return kept


@pytest.fixture
def company_id(site: Installation) -> UUID:
    """A company that may invite people."""
    company_id = site.customer(ADA, "Lovelace Engines")
    for step in (VerificationStep.EMAIL, VerificationStep.PHONE):
        passed = SetVerification(
            user_id=site.user_ids[ADA], step=step, state=VerificationState.VERIFIED
        )
        site.operator.call(SET_VERIFICATION, passed)
    return company_id


def mailed_link(site: Installation, kept: KeptMails, email: str) -> str:
    """The address in the latest mail to somebody."""
    site.run_job("send_mails")
    mail = next(mail for _, mail in kept.mails() if mail["To"] == email)
    text = mail.get_body(("plain",))
    assert text
    (link, *_) = re.findall(r"http://localhost:8000(/\S+)", text.get_content())
    return str(link)


def post(browser: FlaskClient, address: str, **fields: str) -> TestResponse:
    """Send a form, logged in or not."""
    token = csrf_token(browser, "/login/forgot")
    return browser.post(address, data={"csrf_token": token, **fields})


def invite(site: Installation, company_id: UUID, email: str) -> FlaskClient:
    browser = sign_in(site.app(), ADA)
    address = f"/companies/{company_id}/members/invite"
    answer = post(browser, address, email=email, role="viewer", form_key="a-key")
    assert answer.status_code == 303
    return browser


def test_a_new_person_is_logged_in_as_a_member(
    site: Installation, kept: KeptMails, company_id: UUID
) -> None:
    invite(site, company_id, NEW)
    link = mailed_link(site, kept, NEW)
    browser = site.app().test_client()
    assert "Lovelace Engines" in browser.get(link).text
    weak = post(browser, f"{link}/join", name="Nia New", new="short")
    assert weak.status_code == 422
    assert "Nia New" in weak.text

    joined = post(browser, f"{link}/join", name="Nia New", new=PASSWORD)

    assert (joined.status_code, joined.location) == (303, "/")
    assert "Lovelace Engines" in browser.get("/").text
    assert browser.get(link).status_code == 404


def test_a_person_with_an_account_logs_in_and_accepts(
    site: Installation, kept: KeptMails, company_id: UUID
) -> None:
    site.customer(KNOWN, "Known & Co")
    invite(site, company_id, KNOWN)
    link = mailed_link(site, kept, KNOWN)
    assert f"/login?next={link}" in site.app().test_client().get(link).text
    browser = sign_in(site.app(), KNOWN)

    accepted = post(browser, f"{link}/accept")

    assert (accepted.status_code, accepted.location) == (303, "/")
    assert "Lovelace Engines" in browser.get("/").text


def test_another_account_waits_for_an_approval(
    site: Installation, kept: KeptMails, company_id: UUID
) -> None:
    site.customer(KNOWN, "Known & Co")
    owner = invite(site, company_id, NEW)
    link = mailed_link(site, kept, NEW)
    other = sign_in(site.app(), KNOWN)
    assert KNOWN in other.get(link).text
    post(other, f"{link}/accept")
    assert other.get(f"/companies/{company_id}/members").status_code == 404

    members = f"/companies/{company_id}/members"
    page = owner.get(members).text
    (approve,) = re.findall(rf"{members}/invitations/[\w-]+/approve", page)
    assert post(owner, approve, form_key="another-key").status_code == 303

    assert other.get(members).status_code == 200


def test_declining_needs_no_account(
    site: Installation, kept: KeptMails, company_id: UUID
) -> None:
    invite(site, company_id, NEW)
    link = mailed_link(site, kept, NEW)
    browser = site.app().test_client()

    assert post(browser, f"{link}/decline").status_code == 200

    assert browser.get(link).status_code == 404


def test_a_mail_program_stops_documents_without_a_form(
    site: Installation, kept: KeptMails, company_id: UUID
) -> None:
    browser = sign_in(site.app(), ADA)
    address = f"/companies/{company_id}/members/contacts/add"
    assert post(browser, address, email=BOOKS, form_key="a-key").status_code == 303
    confirm = mailed_link(site, kept, BOOKS)
    assert post(site.app().test_client(), confirm).status_code == 200
    contact = the_contact(site)
    assert contact.confirmed_at
    assert contact.stop_link_id
    key = load_private_key(site.var / "keys" / "principal.key")
    token = MailedLinks(key).token(LinkKind.END_CONTACT, contact.stop_link_id)
    program = site.app().test_client()
    assert program.get(f"/stop-documents/{token}").status_code == 200
    assert the_contact(site).ended_at is None

    one_click = program.post(
        f"/stop-documents/{token}", data={"List-Unsubscribe": "One-Click"}
    )

    assert one_click.status_code == 200
    assert the_contact(site).ended_at


def the_contact(site: Installation) -> BillingContact:
    with site.services.dispatchers["identity"].service.database.system() as db:
        contact = db.scalars(select(BillingContact)).one()
        db.expunge(contact)
        return contact
