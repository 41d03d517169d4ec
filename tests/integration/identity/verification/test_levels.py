"""What a company reaches by its owners' steps, and what is published of it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec import structs
from sqlalchemy import select

from services.identity import memberships
from services.identity.people.verification import Result, put_back, set_state
from shared.contracts.identity.companies import (
    CHANGE_COMPANY,
    GET_COMPANY,
    Address,
    ChangeCompany,
    GetCompany,
)
from shared.contracts.identity.memberships import ADD_MEMBER, AddMember, Role
from shared.contracts.identity.people import VerificationState, VerificationStep
from shared.contracts.identity.verification.levels import VerificationLevel
from shared.db.company_scope import WrongCompanyError
from shared.db.tables import outbox
from shared.principal import system
from shared.rpc.call import Call
from shared.rpc.change import Change
from tests.fixtures.identity.harness import IdentityHarness

OWNER, OTHER = "owner@example.com", "other@example.com"
EMAIL, PHONE, DOCUMENT, COMPANY = VerificationStep
VERIFIED = VerificationState.VERIFIED
NONE, BY_EMAIL, BY_PHONE, BY_IDENTITY = VerificationLevel


class Owned:
    """A company, its owner, and what was published of it."""

    def __init__(self, harness: IdentityHarness) -> None:
        self.harness = harness
        harness.add_owner(OWNER, "Aurora")
        session = harness.log_in(OWNER)
        self.company_id, self.owner_id = session.company_id, session.user.id

    def set(
        self,
        step: VerificationStep,
        state: VerificationState = VERIFIED,
        subject_id: UUID | None = None,
        valid_until: datetime | None = None,
    ) -> None:
        with self.harness.database.system() as db:
            call = Call(system("test"), str(uuid4()), self.harness.clock.now())
            change = Change(db, self.harness.service.runtime, call)
            result = Result(state, valid_until=valid_until)
            set_state(change, subject_id or self.owner_id, step, result)

    def published(self) -> list[tuple[VerificationLevel, bool]]:
        """Each change's level and company document, in order; versions are gapless."""
        with self.harness.database.system() as db:
            is_it = outbox.c.event_name == "verification_changed"
            ordered = outbox.c.envelope["version"].as_integer()
            of = [
                each
                for each in db.scalars(
                    select(outbox.c.envelope).where(is_it).order_by(ordered)
                )
                if each["company_id"] == str(self.company_id)
            ]
        assert [each["version"] for each in of] == list(range(1, len(of) + 1))
        bodies = [each["body"] for each in of]
        return [
            (VerificationLevel(it["level"]), it["has_company_document"])
            for it in bodies
        ]


@pytest.fixture
def owned(harness: IdentityHarness) -> Owned:
    return Owned(harness)


def test_each_step_counts_with_those_before_it(owned: Owned) -> None:
    for step in (PHONE, EMAIL, DOCUMENT):
        owned.set(step)
    owned.set(EMAIL, VerificationState.EXPIRED)
    owned.set(COMPANY, subject_id=owned.company_id)

    assert owned.published() == [
        (NONE, False),
        (BY_PHONE, False),
        (BY_IDENTITY, False),
        (NONE, False),
        (NONE, True),
    ]


def test_the_highest_of_the_owners_counts_and_no_other_member(owned: Owned) -> None:
    harness = owned.harness
    others = [harness.add_user(OTHER), harness.add_user("admin@example.com")]
    for user, role in zip(others, (Role.OWNER, Role.ADMIN), strict=True):
        for step in (EMAIL, PHONE) if role is Role.OWNER else (EMAIL, PHONE, DOCUMENT):
            owned.set(step, subject_id=user.id)
        member = AddMember(company_id=owned.company_id, user_id=user.id, role=role)
        harness.call(ADD_MEMBER, member, harness.principals.operator())
    owned.set(EMAIL)

    assert owned.published() == [(NONE, False), (BY_PHONE, False)]


def test_a_changed_fact_puts_a_passed_step_back_and_says_why(owned: Owned) -> None:
    owned.set(EMAIL)
    harness = owned.harness
    with harness.database.system() as db:
        call = Call(system("test"), "request", harness.clock.now())
        change = Change(db, harness.service.runtime, call)
        for step in (EMAIL, PHONE):
            put_back(change, owned.owner_id, step, "email_changed")

    assert owned.published()[-1] == (NONE, False)


def test_a_persons_step_is_not_written_for_one_company_alone(owned: Owned) -> None:
    harness = owned.harness
    call = Call(system("test"), "request", harness.clock.now())
    with harness.database.company(owned.company_id) as db:
        change = Change(db, harness.service.runtime, call)
        with pytest.raises(WrongCompanyError):
            set_state(change, owned.owner_id, PHONE, Result(VERIFIED))


def test_an_owner_who_becomes_another_or_leaves_lowers_it(owned: Owned) -> None:
    harness = owned.harness
    other = harness.add_user(OTHER)
    for step in (EMAIL, PHONE):
        owned.set(step, subject_id=other.id)
    harness.add_member(owned.company_id, other.id, Role.OWNER)
    with harness.database.system() as db:
        call = Call(system("test"), "request", harness.clock.now())
        change = Change(db, harness.service.runtime, call)
        membership = memberships.lock_membership(db, owned.company_id, other.id)
        memberships.change_role(change, membership, Role.ADMIN)

    assert owned.published() == [(NONE, False), (BY_PHONE, False), (NONE, False)]


def test_a_step_expires_when_its_time_is_over(owned: Owned) -> None:
    harness = owned.harness
    owned.set(EMAIL)
    until = harness.clock.now() + timedelta(days=1)
    owned.set(PHONE, valid_until=until)
    harness.run_job("expire_verifications")
    assert owned.published()[-1] == (BY_PHONE, False)

    harness.clock.move(timedelta(days=1))
    harness.run_job("expire_verifications")

    assert owned.published()[-1] == (BY_EMAIL, False)


@pytest.mark.parametrize(
    ("change", "is_put_back"),
    [
        ({"name": "Aurora SE"}, True),
        ({"address": Address(country="AT", city="Berlin")}, True),
        ({"time_zone": "Europe/Vienna"}, False),
    ],
)
def test_another_name_or_address_puts_the_companys_document_back(
    owned: Owned, *, change: dict[str, Any], is_put_back: bool
) -> None:
    owned.set(COMPANY, subject_id=owned.company_id)
    harness = owned.harness
    principal = harness.log_in(OWNER).principal
    company = harness.call(GET_COMPANY, GetCompany(), principal)
    details = ChangeCompany(
        version=company.version,
        name=company.name,
        address=company.address,
        time_zone=company.time_zone,
        is_business=company.is_business,
    )
    harness.call(CHANGE_COMPANY, structs.replace(details, **change), principal)

    assert owned.published()[-1] == (NONE, not is_put_back)
