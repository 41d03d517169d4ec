"""Locked users can't log in; people of locked and closed companies only read."""

import pytest

from services.identity.roles import PERMISSIONS, READING
from shared.contracts import identity
from shared.contracts.identity.accounts.closing import CLOSE_COMPANY, CloseCompany
from shared.contracts.identity.accounts.operating import (
    LIST_USERS,
    LOCK_COMPANY,
    LOCK_USER,
    SHOW_USER,
    UNLOCK_COMPANY,
    UNLOCK_USER,
    ListUsers,
    LockCompany,
    LockUser,
    ShowUser,
    UnlockCompany,
    UnlockUser,
)
from shared.contracts.identity.accounts.standing import Standing
from shared.contracts.identity.members.ownership import (
    ACCEPT_OWNERSHIP,
    OFFER_OWNERSHIP,
    AnswerOwnership,
    OfferOwnership,
)
from shared.contracts.identity.memberships import Role
from shared.errors import Conflict, ContractError, InvalidInput, NotFound
from shared.permissions import Permission
from tests.fixtures.identity.harness import IdentityHarness
from tests.fixtures.identity.invitations import inviting_company

ALICE = "alice@example.com"


@pytest.fixture
def alice(harness: IdentityHarness) -> identity.signing_in.Session:
    harness.add_owner(ALICE, "Aurora")
    return harness.log_in(ALICE)


def test_a_locked_user_is_out_and_stays_out(
    harness: IdentityHarness, alice: identity.signing_in.Session
) -> None:
    operator = harness.principals.operator()
    harness.call(LOCK_USER, LockUser(email=ALICE, reason="abuse"), operator)

    with pytest.raises(ContractError, match="session_ended"):
        harness.resume(alice.token)
    with pytest.raises(ContractError, match="account_locked"):
        harness.log_in(ALICE)
    with pytest.raises(ContractError, match="wrong_credentials"):
        harness.log_in(ALICE, "not the password")
    shown = harness.call(SHOW_USER, ShowUser(email=ALICE), operator)
    assert (shown.lock_reason, shown.open_sessions) == ("abuse", 0)
    assert shown.memberships[0].company_name == "Aurora"

    harness.call(UNLOCK_USER, UnlockUser(email=ALICE), operator)
    harness.log_in(ALICE)
    with pytest.raises(Conflict, match="not_locked"):
        harness.call(UNLOCK_USER, UnlockUser(email=ALICE), operator)


def test_users_are_listed_by_email_in_pages(harness: IdentityHarness) -> None:
    for name in ("bea", "ann", "abe"):
        harness.add_user(f"{name}@example.com")
    operator = harness.principals.operator()

    first = harness.call(LIST_USERS, ListUsers(email="A", limit=1), operator)
    rest = ListUsers(email="A", after=first.next or "", limit=5)
    second = harness.call(LIST_USERS, rest, operator)

    found = [each.email for each in (*first.users, *second.users)]
    assert found == ["abe@example.com", "ann@example.com"]
    assert second.next is None


def test_in_a_locked_company_one_reads(
    harness: IdentityHarness, alice: identity.signing_in.Session
) -> None:
    operator, company_id = harness.principals.operator(), alice.company_id
    lock = LockCompany(company_id=company_id, reason="abuse")
    harness.call(LOCK_COMPANY, lock, operator)

    assert harness.resume(alice.token).memberships[0].standing is Standing.LOCKED
    assert rights(harness, alice) == PERMISSIONS[Role.OWNER] & READING
    assert Permission.MANAGE_COMPANY not in rights(harness, alice)

    unlock = UnlockCompany(company_id=company_id)
    harness.call(UNLOCK_COMPANY, unlock, operator)
    assert rights(harness, alice) == PERMISSIONS[Role.OWNER]
    with pytest.raises(Conflict, match="not_locked"):
        harness.call(UNLOCK_COMPANY, unlock, operator)


def test_a_locked_company_changes_no_hands(
    harness: IdentityHarness, alice: identity.signing_in.Session
) -> None:
    company_id, operator = alice.company_id, harness.principals.operator()
    assert company_id
    bob = harness.add_user("bob@example.com")
    harness.add_member(company_id, bob.id, Role.ADMIN)
    offer = OfferOwnership(user_id=bob.id, stays_owner=False)
    harness.call(OFFER_OWNERSHIP, offer, alice.principal)
    bobs = harness.log_in("bob@example.com")

    def accept() -> None:
        harness.call(ACCEPT_OWNERSHIP, AnswerOwnership(), bobs.principal)

    lock = LockCompany(company_id=company_id, reason="abuse")
    harness.call(LOCK_COMPANY, lock, operator)
    with pytest.raises(NotFound, match="no_ownership_offer"):
        accept()
    harness.call(UNLOCK_COMPANY, UnlockCompany(company_id=company_id), operator)
    accept()


def test_in_a_closed_company_one_reads_for_ever(
    harness: IdentityHarness, alice: identity.signing_in.Session
) -> None:
    operator, company_id = harness.principals.operator(), alice.company_id
    closed = harness.call(CLOSE_COMPANY, CloseCompany(name="Aurora"), alice.principal)
    assert closed.closed_at == harness.clock.now()

    assert harness.resume(alice.token).memberships[0].standing is Standing.CLOSED
    assert rights(harness, alice) == PERMISSIONS[Role.OWNER] & READING
    with pytest.raises(Conflict, match="not_locked"):
        harness.call(UNLOCK_COMPANY, UnlockCompany(company_id=company_id), operator)
    lock = LockCompany(company_id=company_id, reason="abuse")
    with pytest.raises(Conflict, match="company_closed"):
        harness.call(LOCK_COMPANY, lock, operator)


def rights(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> frozenset[Permission]:
    return harness.principal_of(harness.resume(session.token)).permissions


def test_a_company_is_closed_by_its_name_and_once(
    harness: IdentityHarness, alice: identity.signing_in.Session
) -> None:
    with pytest.raises(InvalidInput, match="name_differs"):
        harness.call(CLOSE_COMPANY, CloseCompany(name="Borealis"), alice.principal)
    harness.call(CLOSE_COMPANY, CloseCompany(name=" aurora "), alice.principal)
    with pytest.raises(Conflict, match="company_closed"):
        harness.call(CLOSE_COMPANY, CloseCompany(name="Aurora"), alice.principal)


def test_nobody_joins_a_company_that_is_closed(harness: IdentityHarness) -> None:
    aurora = inviting_company(harness)
    aurora.invite()
    link = aurora.link()

    harness.call(CLOSE_COMPANY, CloseCompany(name="Aurora"), aurora.principal())

    with pytest.raises(NotFound):
        aurora.join(link)


def test_one_enters_for_an_open_company_rather_than_a_closed_one(
    harness: IdentityHarness, alice: identity.signing_in.Session
) -> None:
    second = harness.add_company("Borealis", alice.user)
    harness.call(CLOSE_COMPANY, CloseCompany(name="Aurora"), alice.principal)

    assert harness.log_in(ALICE).company_id == second.id
