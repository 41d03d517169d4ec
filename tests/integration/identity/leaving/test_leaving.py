"""Exporting and erasing a person: nothing is forgotten, in both senses."""

import io
import json
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from uuid import uuid4
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from services.identity.leaving.tables_of_people import (
    KEPT,
    MEMBERSHIPS,
    USER_ID,
    erased_tables,
    tables,
)
from services.identity.models.base import Base
from services.identity.models.companies import Company, Membership
from services.identity.models.invitations import BillingContact
from services.identity.models.notices import Notice
from services.identity.models.people import User
from services.identity.models.signing_up import SignUpRequest
from services.identity.notices.notify import Subject
from shared.contracts import identity
from shared.contracts.identity.accounts.closing import CLOSE_COMPANY, CloseCompany
from shared.contracts.identity.accounts.leaving import (
    ERASE_ACCOUNT,
    ERASE_COMPANY,
    ERASE_USER,
    EXPORT_ACCOUNT,
    EXPORT_USER,
    EraseAccount,
    EraseCompany,
    EraseUser,
    Export,
    ExportAccount,
    ExportUser,
)
from shared.contracts.identity.members.contacts import ADD_CONTACT, AddContact
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.notices import NoticeKind
from shared.errors import Conflict, ContractError, InvalidInput, NotFound
from tests.fixtures.identity.authenticator import Authenticator
from tests.fixtures.identity.harness import PUBLIC_URL, IdentityHarness
from tests.fixtures.identity.invitations import inviting_company
from tests.fixtures.identity.passkeys import Person
from tests.fixtures.identity.trail import acts_in

ALICE, BOB = "alice@example.com", "bob@example.com"
NAME = "Alexandra Left"


@pytest.fixture
def alice(harness: IdentityHarness) -> identity.signing_in.Session:
    """A member with sessions, a passkey and notices, who alone owns nothing."""
    harness.add_owner(BOB, "Borealis")
    user = harness.add_user(ALICE, NAME)
    (company_id,) = (m.company_id for m in harness.log_in(BOB).memberships)
    harness.add_member(company_id, user.id, Role.OWNER)
    session = harness.log_in(ALICE)
    Person(harness, session, Authenticator(PUBLIC_URL)).add()
    return session


def files_of(export: Export) -> dict[str, list[dict[str, object]]]:
    with ZipFile(io.BytesIO(b64decode(export.content))) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def texts_about(harness: IdentityHarness, words: str) -> list[str]:
    """The tables that name somebody, but those that keep it."""
    found = []
    with harness.database.system() as db:
        for table in [*tables(), Base.metadata.tables["users"]]:
            rows = db.execute(select(table)).all()
            if any(words in str(row) for row in rows) and table.name not in KEPT:
                found.append(table.name)
    return found


def test_an_export_has_every_table_and_no_secret(
    harness: IdentityHarness, alice: identity.signing_in.Session
) -> None:
    files = files_of(harness.call(EXPORT_ACCOUNT, ExportAccount(), alice.principal))

    assert {f"{table.name}.json" for table in tables()} < set(files)
    assert files["account.json"][0]["email"] == ALICE
    for name in ("sessions.json", "passkeys.json", "memberships.json", "notices.json"):
        assert files[name], name
    text = json.dumps(files)
    assert "argon2" not in text
    assert "token_hash" not in text
    assert BOB not in text
    by_operator = harness.call(
        EXPORT_USER, ExportUser(email=ALICE), harness.principals.operator()
    )
    assert files_of(by_operator)["account.json"] == files["account.json"]
    for method in ("export_account", "export_user"):
        (act,) = acts_in(harness.database, method)
        assert act.body.user_id == alice.user.id


def test_of_an_erased_person_nothing_is_left_but_what_is_kept(
    harness: IdentityHarness, alice: identity.signing_in.Session
) -> None:
    with pytest.raises(InvalidInput, match="email_differs"):
        harness.call(ERASE_ACCOUNT, EraseAccount(email=BOB), alice.principal)
    harness.call(ERASE_ACCOUNT, EraseAccount(email=ALICE), alice.principal)

    assert texts_about(harness, ALICE) == []
    assert texts_about(harness, NAME) == []
    (act,) = acts_in(harness.database, "erase_account")
    assert act.body.user_id == alice.user.id
    with harness.database.system() as db:
        for table in erased_tables():
            own = select(table).where(table.c[USER_ID] == alice.user.id)
            assert db.execute(own).first() is None, table.name
        user = db.get_one(User, alice.user.id)
        assert user.erased_at == harness.clock.now()
    with pytest.raises(ContractError, match="session_ended"):
        harness.resume(alice.token)
    with pytest.raises(ContractError, match="wrong_credentials"):
        harness.log_in(ALICE)
    # The address is free again.
    harness.add_user(ALICE)


def test_an_only_owner_closes_their_companies_first(harness: IdentityHarness) -> None:
    harness.add_owner(ALICE, "Aurora")
    operator, erase = harness.principals.operator(), EraseUser(email=ALICE)

    with pytest.raises(Conflict, match="owns_companies") as refused:
        harness.call(ERASE_USER, erase, operator)
    assert refused.value.parameters == {"companies": "Aurora"}

    principal = harness.log_in(ALICE).principal
    harness.call(CLOSE_COMPANY, CloseCompany(name="Aurora"), principal)
    harness.call(ERASE_USER, erase, operator)
    with harness.database.system() as db:
        assert db.scalar(select(Membership)) is None


def test_of_two_owners_who_leave_at_once_one_stays(harness: IdentityHarness) -> None:
    company = harness.add_company("Aurora", harness.add_user(ALICE))
    harness.add_member(company.id, harness.add_user(BOB).id, Role.OWNER)
    both = [
        (EraseAccount(email=it), harness.log_in(it).principal) for it in (ALICE, BOB)
    ]

    def erase(asked: tuple[EraseAccount, str]) -> str:
        try:
            harness.call(ERASE_ACCOUNT, *asked)
        except Conflict as refusal:
            return refusal.code
        return ""

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(erase, both))

    assert answers == ["", "owns_companies"]


def test_who_asks_to_join_and_is_erased_is_let_in_no_more(
    harness: IdentityHarness,
) -> None:
    aurora = inviting_company(harness)
    harness.add_owner(ALICE, "Elsewhere")
    aurora.invite()
    aurora.accept(aurora.link(), as_=ALICE)
    (asked,) = aurora.listed()
    principal = harness.log_in(ALICE).principal
    harness.call(CLOSE_COMPANY, CloseCompany(name="Elsewhere"), principal)

    harness.call(ERASE_USER, EraseUser(email=ALICE), harness.principals.operator())

    assert aurora.listed() == []
    with pytest.raises(NotFound, match="no_such_invitation"):
        aurora.approve(asked)


def test_who_is_erased_while_a_mail_is_sent_keeps_no_other_waiting(
    harness: IdentityHarness,
    alice: identity.signing_in.Session,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    harness.run_job("send_mails")
    for email in (ALICE, BOB):
        harness.tell(email, Subject(NoticeKind.NEW_DEVICE, "1"))
    send, operator = harness.kept_mails.send, harness.principals.operator()

    def erase_meanwhile(mail: EmailMessage) -> None:
        send(mail)
        if mail["To"] == ALICE:
            harness.call(ERASE_USER, EraseUser(email=ALICE), operator)

    monkeypatch.setattr(harness.kept_mails, "send", erase_meanwhile)
    harness.run_job("send_mails")

    latest = [mail["To"] for _, mail in harness.kept_mails.mails()[:2]]
    assert latest == [BOB, ALICE]


def test_mails_by_which_a_person_got_their_account_are_erased(
    harness: IdentityHarness,
) -> None:
    aurora = inviting_company(harness)
    aurora.invite(ALICE)
    link = aurora.link(ALICE)
    request = SignUpRequest(
        id=uuid4(), email=ALICE, locale="en", asked_at=harness.clock.now()
    )
    with harness.database.system() as db:
        db.add(request)
    harness.run_job("answer_sign_ups")
    aurora.join(link)

    harness.call(ERASE_USER, EraseUser(email=ALICE), harness.principals.operator())

    assert "mailed_links" not in texts_about(harness, ALICE)
    with harness.database.system() as db:
        assert db.scalar(select(Notice).where(Notice.address == ALICE)) is None


def test_a_closed_companys_details_are_erased(harness: IdentityHarness) -> None:
    harness.add_owner(ALICE, "Aurora")
    contact = AddContact(email=BOB)
    harness.call(ADD_CONTACT, contact, harness.log_in(ALICE).principal)
    session, operator = harness.log_in(ALICE), harness.principals.operator()
    erase = EraseCompany(company_id=session.company_id)
    with pytest.raises(Conflict, match="company_open"):
        harness.call(ERASE_COMPANY, erase, operator)
    harness.call(CLOSE_COMPANY, CloseCompany(name="Aurora"), session.principal)

    harness.call(ERASE_COMPANY, erase, operator)

    with harness.database.system() as db:
        company = db.scalars(select(Company)).one()
        assert (company.name, company.city) == (str(company.company_id), "")
        assert db.scalar(select(Membership)) is None
        assert db.scalar(select(BillingContact)) is None


def test_every_table_with_a_user_is_erased_or_named_as_kept() -> None:
    """To keep a table, say why in `tables_of_people`; else it is erased."""
    names = {table.name for table in tables()}
    assert {table.name for table in erased_tables()} == names - KEPT - {MEMBERSHIPS}
    assert names > KEPT
