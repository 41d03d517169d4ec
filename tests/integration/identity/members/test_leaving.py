"""Leaving a company of one's own accord."""

import pytest

from shared.contracts import identity
from shared.contracts.identity.companies import Company
from shared.contracts.identity.members.roles import LEAVE_COMPANY, LeaveCompany
from shared.contracts.identity.memberships import Role
from shared.errors import Conflict, NotFound
from tests.fixtures.identity.harness import IdentityHarness

ALICE, BOB = "alice@example.com", "bob@example.com"


@pytest.fixture
def company(harness: IdentityHarness) -> Company:
    """Bob's company, in which Alice is an administrator beside one of her own."""
    alice = harness.add_owner(ALICE, "Alice GmbH")
    bob = harness.add_user(BOB)
    company = harness.add_company("Bob GmbH", bob)
    harness.add_member(company.id, alice.id, Role.ADMIN)
    return company


def leave(harness: IdentityHarness, email: str, company: Company) -> None:
    session = harness.resume(harness.log_in(email).token, company.id)
    harness.call(LEAVE_COMPANY, LeaveCompany(), session.principal)


def companies_of(session: identity.signing_in.Session) -> list[str]:
    return [each.company_name for each in session.memberships]


def test_one_is_no_member_from_then_on(
    harness: IdentityHarness, company: Company
) -> None:
    token = harness.log_in(ALICE).token
    leave(harness, ALICE, company)
    assert companies_of(harness.resume(token)) == ["Alice GmbH"]
    with pytest.raises(NotFound, match="no_such_company"):
        harness.resume(token, company.id)


def test_the_last_owner_stays(harness: IdentityHarness, company: Company) -> None:
    bob = harness.log_in(BOB)
    harness.add_company("Bob's second", bob.user)
    with pytest.raises(Conflict, match="last_owner"):
        leave(harness, BOB, company)


def test_nobody_is_left_without_a_company(
    harness: IdentityHarness, company: Company
) -> None:
    with pytest.raises(Conflict, match="only_company"):
        leave(harness, BOB, company)
