"""What the session's check says of an account's protection, if it is asked."""

from uuid import UUID

import pytest
from msgspec import structs

from shared.contracts import identity
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.people import VerificationState, VerificationStep
from shared.contracts.identity.signing_in import (
    RESUME_SESSION,
    Protection,
    ResumeSession,
)
from tests.fixtures.identity.harness import IdentityHarness
from tests.fixtures.identity.two_factor import Member

OWNER, MEMBER = "owner@example.com", "member@example.com"


def protection_of(
    harness: IdentityHarness, email: str, company_id: UUID
) -> Protection | None:
    request = ResumeSession(
        token=harness.log_in(email).token, company_id=company_id, with_protection=True
    )
    return harness.call(RESUME_SESSION, request).protection


@pytest.fixture
def company(harness: IdentityHarness) -> UUID:
    owner = harness.add_user(OWNER, "Olga Owner")
    member = harness.add_user(MEMBER, "Max Member")
    company_id = harness.add_company("Ours & Co", owner).id
    harness.add_member(company_id, member.id, Role.VIEWER)
    harness.add_company("Another & Co", member)
    return company_id


def test_it_is_said_only_if_asked_for(harness: IdentityHarness, company: UUID) -> None:
    session = harness.log_in(OWNER)

    assert harness.resume(session.token, company).protection is None


def test_an_owner_reads_who_has_no_second_factor_and_others_do_not(
    harness: IdentityHarness, company: UUID
) -> None:
    nothing = Protection(
        verified=[],
        to_verify=list(VerificationStep),
        recovery_codes_left=None,
        members=0,
        unprotected=[],
    )

    assert protection_of(harness, MEMBER, company) == nothing
    owners = structs.replace(nothing, members=2, unprotected=["Max Member"])
    assert protection_of(harness, OWNER, company) == owners


def test_the_steps_are_those_that_are_passed(
    harness: IdentityHarness, company: UUID
) -> None:
    user = harness.log_in(OWNER).user
    for step, state in (
        (VerificationStep.EMAIL, VerificationState.VERIFIED),
        (VerificationStep.PHONE, VerificationState.REJECTED),
    ):
        request = identity.people.SetVerification(
            user_id=user.id, step=step, state=state
        )
        harness.call(
            identity.people.SET_VERIFICATION, request, harness.principals.operator()
        )

    found = protection_of(harness, OWNER, company)

    assert found
    assert found.verified == [VerificationStep.EMAIL]
    assert found.to_verify == list(VerificationStep)[1:]


def test_a_member_with_a_second_factor_is_not_named(
    harness: IdentityHarness, company: UUID
) -> None:
    member = Member(harness, MEMBER)
    member.turn_on(harness.log_in(MEMBER))

    owners = protection_of(harness, OWNER, company)
    request = ResumeSession(token=member.token, with_protection=True)
    own = harness.call(RESUME_SESSION, request).protection

    assert owners
    assert (owners.members, owners.unprotected) == (2, [])
    assert own
    assert own.recovery_codes_left == 10
