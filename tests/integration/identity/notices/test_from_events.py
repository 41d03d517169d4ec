"""What billing and inventory announce becomes one notice for each member concerned."""

import base64
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec import structs
from sqlalchemy import select

from services.identity.models.notices import Notice, NoticeFile
from shared.contract import Event, Response
from shared.contracts.billing.announcements import (
    DOCUMENT_STORED,
    PAYMENT_FAILED,
    REFUND_DECIDED,
    FailedPayment,
    StoredDocument,
)
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.billing.refund_requests import RefundRequest, RefundRequestState
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.notices import Channel, NoticeKind
from shared.contracts.inventory.services import (
    SERVICES_RESUMED,
    SERVICES_SUSPENDED,
    NamedService,
    ServicesNews,
    SuspensionReason,
)
from shared.db.events import Envelope
from shared.money import Money, currency_of
from shared.wire import to_wire
from tests.fixtures.identity.harness import START, IdentityHarness

MONEY = {Role.OWNER, Role.ADMIN, Role.BILLING}
SERVICES = {*MONEY, Role.TECHNICAL}
AMOUNT = Money(Decimal("119.00"), currency_of("EUR"))
ID = UUID(int=7)
PDF = b"%PDF-1.7"

DOCUMENT = StoredDocument(
    id=ID,
    kind=DocumentKind.INVOICE,
    number="INV-1",
    issued_on=date(2026, 3, 1),
    gross=AMOUNT,
    due_on=None,
    file_name="INV-1.pdf",
    pdf=base64.b64encode(PDF).decode(),
)
FAILURE = FailedPayment(
    id=ID, top_up_id=ID, reference="TU-1", amount=AMOUNT, failure=None
)
DECISION = RefundRequest(
    payment_id=ID,
    company_id=ID,
    top_up_id=ID,
    reference="TU-1",
    amount=AMOUNT,
    state=RefundRequestState.DECLINED,
    reason="",
    answer="It was used",
    asked_at=START,
    asked_by="Alice",
    decided_at=START,
)
SUSPENDED = ServicesNews(
    reason=SuspensionReason.PAYMENT,
    count=1,
    services=[NamedService(id=ID, name="web-01")],
)
RESUMED = structs.replace(SUSPENDED, reason=None)


@dataclass(frozen=True)
class Case:
    event: Event[Any]
    body: Response
    kind: NoticeKind
    roles: set[Role]


CASES = (
    Case(DOCUMENT_STORED, DOCUMENT, NoticeKind.DOCUMENT_ISSUED, MONEY),
    Case(PAYMENT_FAILED, FAILURE, NoticeKind.PAYMENT_FAILED, MONEY),
    Case(REFUND_DECIDED, DECISION, NoticeKind.REFUND_DECIDED, MONEY),
    Case(SERVICES_SUSPENDED, SUSPENDED, NoticeKind.SERVICES_SUSPENDED, SERVICES),
    Case(SERVICES_RESUMED, RESUMED, NoticeKind.SERVICES_RESUMED, SERVICES),
)


@pytest.fixture
def company_id(harness: IdentityHarness) -> UUID:
    """A company with one member in each role, and another company beside it."""
    harness.add_owner("stranger@example.com", "Cirrus")
    owner = harness.add_user(email_of(Role.OWNER))
    company_id = harness.add_company("Aurora", owner).id
    for role in set(Role) - {Role.OWNER}:
        harness.add_member(company_id, harness.add_user(email_of(role)).id, role)
    return company_id


def email_of(role: Role) -> str:
    return f"{role.value}@example.com"


def bring(
    harness: IdentityHarness,
    event: Event[Any],
    body: Response,
    company_id: UUID,
    event_id: UUID,
) -> None:
    envelope = Envelope(
        id=event_id,
        source=event.source,
        name=event.name,
        company_id=company_id,
        version=1,
        at=harness.clock.now(),
        request_id="request",
        body=body,
    )
    (handler,) = (
        each for each in harness.service.event_handlers if each.event == event
    )
    harness.call.dispatcher.process_events(handler, [to_wire(envelope)])


def notices(harness: IdentityHarness, channel: Channel = Channel.MAIL) -> list[Notice]:
    with harness.database.system() as db:
        return list(db.scalars(select(Notice).where(Notice.channel == channel)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind.value)
def test_each_member_concerned_is_told_once(
    harness: IdentityHarness, company_id: UUID, case: Case
) -> None:
    event_id = uuid4()
    for _ in range(2):
        bring(harness, case.event, case.body, company_id, event_id)

    mailed, shown = notices(harness), notices(harness, Channel.PAGE)
    assert sorted(each.address for each in mailed) == sorted(map(email_of, case.roles))
    assert len(shown) == len(case.roles)
    for notice in (*mailed, *shown):
        assert (notice.kind, notice.company_id) == (case.kind, company_id)


def test_the_same_document_is_told_once_however_often_it_is_announced(
    harness: IdentityHarness, company_id: UUID
) -> None:
    for _ in range(2):
        bring(harness, DOCUMENT_STORED, DOCUMENT, company_id, uuid4())

    assert len(notices(harness)) == len(MONEY)


def test_a_document_is_kept_for_its_mails_only(
    harness: IdentityHarness, company_id: UUID
) -> None:
    bring(harness, DOCUMENT_STORED, DOCUMENT, company_id, uuid4())

    with harness.database.system() as db:
        (file,) = db.scalars(select(NoticeFile))
    assert (file.name, file.content) == ("INV-1.pdf", PDF)
    assert {each.file_id for each in notices(harness)} == {file.id}
    assert {each.file_id for each in notices(harness, Channel.PAGE)} == {None}
    harness.run_job("send_mails")
    mails = [mail for _, mail in harness.kept_mails.mails()]
    assert len(mails) == len(MONEY)
    assert all(len(list(mail.iter_attachments())) == 1 for mail in mails)
    with harness.database.system() as db:
        assert db.scalars(select(NoticeFile)).all() == []


def test_a_long_document_is_linked_only(
    harness: IdentityHarness, company_id: UUID
) -> None:
    linked = structs.replace(DOCUMENT, pdf="")
    bring(harness, DOCUMENT_STORED, linked, company_id, uuid4())
    harness.run_job("send_mails")

    (_, mail), *_ = harness.kept_mails.mails()
    assert list(mail.iter_attachments()) == []


def test_a_refund_that_is_decided_again_is_told_again(
    harness: IdentityHarness, company_id: UUID
) -> None:
    bring(harness, REFUND_DECIDED, DECISION, company_id, uuid4())
    harness.clock_tick()
    again = structs.replace(DECISION, decided_at=harness.clock.now())
    bring(harness, REFUND_DECIDED, again, company_id, uuid4())

    assert len(notices(harness)) == 2 * len(MONEY)


def test_a_member_who_has_left_is_told_nothing_more(
    harness: IdentityHarness, company_id: UUID
) -> None:
    bring(harness, PAYMENT_FAILED, FAILURE, company_id, uuid4())
    harness.remove_member(company_id, email_of(Role.BILLING))
    harness.run_job("send_mails")

    told = {str(mail["To"]) for _, mail in harness.kept_mails.mails()}
    assert told == {email_of(Role.OWNER), email_of(Role.ADMIN)}
