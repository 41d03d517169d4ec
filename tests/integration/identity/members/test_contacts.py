"""Billing contacts: confirmed by their own link, mailed documents, ended by a link."""

import base64
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from email.message import EmailMessage
from uuid import UUID, uuid4

import pytest

from services.identity.companies import contacts as rules
from shared.contracts.billing.announcements import DOCUMENT_STORED, StoredDocument
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.identity.members.contacts import (
    ADD_CONTACT,
    CONFIRM_CONTACT,
    END_CONTACT,
    LIST_CONTACTS,
    OPEN_CONTACT,
    OPEN_CONTACT_END,
    REMOVE_CONTACT,
    AddContact,
    Contact,
    ContactState,
    ListContacts,
    RemoveContact,
)
from shared.contracts.identity.members.links import OpenLink
from shared.db.events import Envelope
from shared.errors import ContractError
from shared.money import Money, currency_of
from shared.wire import to_wire
from tests.fixtures.identity.harness import ADDRESS, IdentityHarness

OWNER, BOOKS = "owner@aurora.example", "books@aurora.example"
PDF = b"%PDF-1.7"


@dataclass
class Contacts:
    harness: IdentityHarness
    company_id: UUID

    @property
    def principal(self) -> str:
        return self.harness.log_in(OWNER).principal

    def add(self, email: str = BOOKS) -> Contact:
        return self.harness.call(ADD_CONTACT, AddContact(email=email), self.principal)

    def states(self) -> dict[str, ContactState]:
        answer = self.harness.call(LIST_CONTACTS, ListContacts(), self.principal)
        return {it.email: it.state for it in answer.contacts}

    def link(self, path: str, email: str = BOOKS) -> OpenLink:
        token = self.harness.mailed_token(path, email)
        return OpenLink(token=token, address=ADDRESS)

    def add_confirmed(self) -> Contact:
        contact = self.add()
        self.harness.call(CONFIRM_CONTACT, self.link("confirm-contact"))
        return contact

    def issue_document(self) -> None:
        document = StoredDocument(
            id=uuid4(),
            kind=DocumentKind.INVOICE,
            number="INV-1",
            issued_on=date(2026, 3, 1),
            gross=Money(Decimal("119.00"), currency_of("EUR")),
            due_on=None,
            file_name="INV-1.pdf",
            pdf=base64.b64encode(PDF).decode(),
        )
        envelope = Envelope(
            id=uuid4(),
            source=DOCUMENT_STORED.source,
            name=DOCUMENT_STORED.name,
            company_id=self.company_id,
            epoch=0,
            version=1,
            request_id="test",
            at=self.harness.clock.now(),
            body=document,
        )
        dispatcher = self.harness.call.dispatcher
        (handler,) = (
            each
            for each in dispatcher.service.event_handlers
            if each.event is DOCUMENT_STORED
        )
        dispatcher.process_events(handler, [to_wire(envelope)])

    def documents_to(self, email: str) -> list[EmailMessage]:
        self.harness.run_job("send_mails")
        mails = [mail for _, mail in self.harness.kept_mails.mails()]
        return [
            mail
            for mail in mails
            if mail["To"] == email and any(mail.iter_attachments())
        ]


@pytest.fixture
def aurora(harness: IdentityHarness) -> Contacts:
    owner = harness.add_user(OWNER)
    return Contacts(harness, harness.add_company("Aurora", owner).id)


def test_documents_come_once_the_address_has_confirmed(aurora: Contacts) -> None:
    aurora.add()
    aurora.issue_document()
    assert aurora.documents_to(BOOKS) == []
    link = aurora.link("confirm-contact")
    opened = aurora.harness.call(OPEN_CONTACT, link)
    assert (opened.company_name, opened.state) == ("Aurora", ContactState.WAITING)

    aurora.harness.call(CONFIRM_CONTACT, link)
    aurora.issue_document()

    (mail,) = aurora.documents_to(BOOKS)
    (pdf,) = mail.iter_attachments()
    assert pdf.get_content() == PDF
    assert len(aurora.documents_to(OWNER)) == 2
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert aurora.link("stop-documents").token in mail["List-Unsubscribe"]
    (own, _) = aurora.documents_to(OWNER)
    assert own["List-Unsubscribe"] is None


def test_one_click_ends_it_also_for_mails_that_wait(aurora: Contacts) -> None:
    aurora.add_confirmed()
    aurora.issue_document()
    link = aurora.link("stop-documents")
    aurora.issue_document()

    for _ in range(2):
        ended = aurora.harness.call(END_CONTACT, link)
        assert ended.state is ContactState.ENDED

    assert len(aurora.documents_to(BOOKS)) == 1
    assert aurora.states() == {BOOKS: ContactState.ENDED}
    opened = aurora.harness.call(OPEN_CONTACT_END, link)
    assert opened.state is ContactState.ENDED
    aurora.add_confirmed()
    assert aurora.states() == {BOOKS: ContactState.CONFIRMED}
    # A mail of earlier ends it as well.
    ended = aurora.harness.call(END_CONTACT, link)
    assert ended.state is ContactState.ENDED


def test_a_member_removes_it(aurora: Contacts) -> None:
    contact = aurora.add_confirmed()
    aurora.issue_document()

    request = RemoveContact(contact_id=contact.id)
    aurora.harness.call(REMOVE_CONTACT, request, aurora.principal)

    assert aurora.documents_to(BOOKS) == []
    assert aurora.states() == {}


def test_asking_again_replaces_the_link(aurora: Contacts) -> None:
    aurora.add()
    first = aurora.link("confirm-contact")

    aurora.add()

    with pytest.raises(ContractError) as refused:
        aurora.harness.call(CONFIRM_CONTACT, first)
    assert refused.value.code == "link_used"
    aurora.harness.call(CONFIRM_CONTACT, aurora.link("confirm-contact"))


def test_who_can_not_be_entered(aurora: Contacts) -> None:
    aurora.add_confirmed()
    codes = {}
    for email in ("no address", BOOKS.upper()):
        with pytest.raises(ContractError) as refused:
            aurora.add(email)
        codes[email] = refused.value.code
    assert codes == {"no address": "bad_email", BOOKS.upper(): "contact_exists"}

    aurora.harness.clock.move(rules.PER_COMPANY.window)
    for number in range(rules.MAXIMUM - 1):
        aurora.add(f"{number}@x.example")
    aurora.harness.clock.move(rules.PER_COMPANY.window)
    with pytest.raises(ContractError) as refused:
        aurora.add("one-more@x.example")
    assert refused.value.code == "too_many_contacts"


def test_a_mailbox_is_not_flooded(aurora: Contacts) -> None:
    for _ in range(rules.PER_EMAIL.most):
        aurora.add()

    with pytest.raises(ContractError) as refused:
        aurora.add()

    assert refused.value.code == "too_many_contact_mails"
