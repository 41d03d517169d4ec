"""What the session's check says of an account's protection, if it is asked."""

from uuid import UUID

import pytest

from shared.contracts import identity
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.people import VerificationState, VerificationStep
from shared.contracts.identity.signing_in import (
    RESUME_SESSION,
    Protection,
    ResumeSession,
)
from tests.fixtures.identity.house import House

OWNER, MEMBER = "owner@example.com", "member@example.com"


def protection_of(house: House, email: str, company_id: UUID) -> Protection | None:
    request = ResumeSession(
        token=house.log_in(email).token, company_id=company_id, with_protection=True
    )
    return house.call(RESUME_SESSION, request).protection


@pytest.fixture
def company(house: House) -> UUID:
    owner = house.add_user(OWNER, "Olga Owner")
    member = house.add_user(MEMBER, "Max Member")
    company_id = house.add_company("Ours & Co", owner).id
    house.add_member(company_id, member.id, Role.VIEWER)
    house.add_company("Another & Co", member)
    return company_id


def test_it_is_said_only_if_asked_for(house: House, company: UUID) -> None:
    session = house.log_in(OWNER)

    assert house.resume(session.token, company).protection is None


def test_an_owner_reads_who_has_no_second_factor_and_others_do_not(
    house: House, company: UUID
) -> None:
    nothing = Protection(
        verified=[], recovery_codes_left=None, members=0, unprotected=[]
    )

    assert protection_of(house, MEMBER, company) == nothing
    assert protection_of(house, OWNER, company) == Protection(
        verified=[], recovery_codes_left=None, members=2, unprotected=["Max Member"]
    )


def test_the_steps_are_those_that_are_passed(house: House, company: UUID) -> None:
    user = house.log_in(OWNER).user
    for step, state in (
        (VerificationStep.EMAIL, VerificationState.VERIFIED),
        (VerificationStep.PHONE, VerificationState.REJECTED),
    ):
        request = identity.people.SetVerification(
            user_id=user.id, step=step, state=state
        )
        house.call(
            identity.people.SET_VERIFICATION, request, house.principals.operator()
        )

    found = protection_of(house, OWNER, company)

    assert found
    assert found.verified == [VerificationStep.EMAIL]
