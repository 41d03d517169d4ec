"""Companies, their members and the accounts of people, each seen by its own only."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec import structs
from sqlalchemy import select

from services.identity.companies import companies
from services.identity.models.companies import Company, Membership
from shared.contract import ACTIVITY_RECORDED, Method, Request
from shared.contracts import identity
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.people import VerificationState, VerificationStep
from shared.db.database import WrongCompanyError
from shared.db.tables import outbox
from shared.errors import Conflict, Forbidden, InvalidInput, NotFound, Unauthenticated
from tests.fixtures.direct_calls import as_json
from tests.fixtures.identity.harness import PASSWORD, IdentityHarness

ALICE = "alice@example.com"


def test_a_company_shows_its_name_address_and_time_zone(
    harness: IdentityHarness,
) -> None:
    harness.add_owner(ALICE, "Aurora Digital GmbH")
    session = harness.log_in(ALICE)

    company = harness.call(
        identity.companies.GET_COMPANY,
        identity.companies.GetCompany(),
        session.principal,
    )

    assert company.id == session.company_id
    assert company.name == "Aurora Digital GmbH"
    assert company.address.country == "DE"
    assert company.time_zone == "Europe/Berlin"


@pytest.mark.parametrize("role", list(Role))
def test_every_role_reads_the_company_its_members_and_the_account(
    harness: IdentityHarness, role: Role
) -> None:
    harness.add_owner(ALICE, "Aurora")
    bob = harness.add_user("bob@example.com", "Bob")
    company_id = harness.log_in(ALICE).company_id
    harness.clock_tick()
    harness.add_member(company_id, bob.id, role)
    principal = harness.log_in("bob@example.com").principal

    company = harness.call(
        identity.companies.GET_COMPANY, identity.companies.GetCompany(), principal
    )
    members = harness.call(
        identity.memberships.LIST_MEMBERS, identity.memberships.ListMembers(), principal
    )
    account = harness.call(
        identity.people.GET_ACCOUNT, identity.people.GetAccount(), principal
    )

    assert company.id == company_id
    assert [(m.email, m.role) for m in members.members] == [
        (ALICE, Role.OWNER),
        ("bob@example.com", role),
    ]
    assert not any(m.two_factor_enabled for m in members.members)
    assert account.user.email == "bob@example.com"


def test_nobody_sees_another_companys_members_or_profile(
    harness: IdentityHarness,
) -> None:
    harness.add_owner(ALICE, "Aurora")
    harness.add_owner("other@example.com", "Cirrus")
    principal = harness.log_in("other@example.com").principal

    company = harness.call(
        identity.companies.GET_COMPANY, identity.companies.GetCompany(), principal
    )
    members = harness.call(
        identity.memberships.LIST_MEMBERS, identity.memberships.ListMembers(), principal
    )

    assert company.name == "Cirrus"
    assert [member.email for member in members.members] == ["other@example.com"]


def test_a_session_for_one_company_cannot_reach_anothers_rows(
    harness: IdentityHarness,
) -> None:
    harness.add_owner(ALICE, "Aurora")
    harness.add_owner("other@example.com", "Cirrus")
    aurora = harness.log_in(ALICE).company_id
    cirrus = harness.log_in("other@example.com").company_id

    with harness.database.company(cirrus) as db:
        assert db.scalars(select(Company.name)).all() == ["Cirrus"]
        assert len(db.scalars(select(Membership)).all()) == 1
        with pytest.raises(NotFound, match="no_such_company"):
            companies.get_company(db, aurora)
    with pytest.raises(WrongCompanyError):
        _write_membership(harness, acting_for=cirrus, company_id=aurora)


def test_an_account_shows_all_companies_and_every_step(
    harness: IdentityHarness,
) -> None:
    request = identity.people.CreateUser(
        email=ALICE, name="Alice", password=PASSWORD, email_verified=True
    )
    alice = harness.call(
        identity.people.CREATE_USER, request, harness.principals.operator()
    )
    harness.add_company("Borealis", alice)
    harness.add_company("Aurora", alice)
    session = harness.log_in(ALICE)

    account = harness.call(
        identity.people.GET_ACCOUNT, identity.people.GetAccount(), session.principal
    )

    assert [m.company_name for m in account.memberships] == ["Aurora", "Borealis"]
    assert account.created_at == account.password_changed_at == harness.clock.now()
    states = {v.step: v.state for v in account.verifications}
    assert states == {
        VerificationStep.EMAIL: VerificationState.VERIFIED,
        VerificationStep.PHONE: VerificationState.NOT_STARTED,
        VerificationStep.IDENTITY_DOCUMENT: VerificationState.NOT_STARTED,
        VerificationStep.COMPANY_DOCUMENT: VerificationState.NOT_STARTED,
    }
    assert not account.user.is_verified
    assert not account.user.two_factor_enabled


def test_an_operator_has_no_account(harness: IdentityHarness) -> None:
    with pytest.raises(NotFound, match="no_such_user"):
        harness.call(
            identity.people.GET_ACCOUNT,
            identity.people.GetAccount(),
            harness.principals.operator(),
        )


@pytest.mark.parametrize(
    ("principal", "code"),
    [
        (None, "principal_missing"),
        ("expired", "principal_expired"),
        ("forged", "principal_forged"),
        ("e30.e30.e30", "principal_forged"),
    ],
)
def test_a_call_without_a_good_principal_is_refused(
    harness: IdentityHarness, principal: str | None, code: str
) -> None:
    make = {"expired": harness.principals.expired, "forged": harness.principals.forged}
    token = make[principal](uuid4()) if principal in make else principal

    calls: list[tuple[Method[Any, Any], Request]] = [
        (identity.companies.GET_COMPANY, identity.companies.GetCompany()),
        (identity.memberships.LIST_MEMBERS, identity.memberships.ListMembers()),
        (identity.people.GET_ACCOUNT, identity.people.GetAccount()),
        (identity.companies.FIND_COMPANIES, identity.companies.FindCompanies()),
        (
            identity.companies.REPUBLISH_COMPANIES,
            identity.companies.RepublishCompanies(),
        ),
    ]
    for method, request in calls:
        with pytest.raises(Unauthenticated, match=code):
            harness.call.raw(method, as_json(request), token)


@pytest.mark.parametrize("role", list(Role))
def test_no_role_may_do_what_operators_do(harness: IdentityHarness, role: Role) -> None:
    principal = harness.principals.user(role, uuid4())
    user = identity.people.CreateUser(email=ALICE, name="Alice", password=PASSWORD)
    company = identity.companies.CreateCompany(
        name="Aurora",
        address=identity.companies.Address(country="DE"),
        owner_id=uuid4(),
    )
    member = identity.memberships.AddMember(
        company_id=uuid4(), user_id=uuid4(), role=Role.OWNER
    )

    calls: list[tuple[Method[Any, Any], Request]] = [
        (identity.people.CREATE_USER, user),
        (identity.companies.CREATE_COMPANY, company),
        (identity.memberships.ADD_MEMBER, member),
        (identity.companies.FIND_COMPANIES, identity.companies.FindCompanies()),
        (
            identity.companies.REPUBLISH_COMPANIES,
            identity.companies.RepublishCompanies(),
        ),
    ]
    for method, request in calls:
        with pytest.raises(Forbidden, match="permission_missing"):
            harness.call.raw(method, as_json(request), principal, "key")


def test_an_email_belongs_to_one_user_in_any_case(harness: IdentityHarness) -> None:
    harness.add_user("Alice@Example.com")

    with pytest.raises(Conflict, match="email_taken"):
        harness.add_user("aLICE@eXAMPLE.COM")


def test_one_is_a_member_of_a_company_once(harness: IdentityHarness) -> None:
    alice = harness.add_owner(ALICE, "Aurora")
    company_id = harness.log_in(ALICE).company_id

    with pytest.raises(Conflict, match="already_member"):
        harness.add_member(company_id, alice.id, Role.VIEWER)

    assert harness.log_in(ALICE).memberships[0].role is Role.OWNER


def test_members_and_owners_are_users_and_companies_that_exist(
    harness: IdentityHarness,
) -> None:
    alice = harness.add_owner(ALICE, "Aurora")
    company_id = harness.log_in(ALICE).company_id

    with pytest.raises(NotFound, match="no_such_company"):
        harness.add_member(uuid4(), alice.id, Role.VIEWER)
    with pytest.raises(NotFound, match="no_such_user"):
        harness.add_member(company_id, uuid4(), Role.VIEWER)
    with pytest.raises(NotFound, match="no_such_user"):
        harness.add_company("Borealis", structs.replace(alice, id=uuid4()))


def test_repeating_a_creation_with_its_key_creates_nothing_more(
    harness: IdentityHarness,
) -> None:
    operator = harness.principals.operator()
    user = identity.people.CreateUser(email=ALICE, name="Alice", password=PASSWORD)
    alice = harness.call(identity.people.CREATE_USER, user, operator, "user")
    company = identity.companies.CreateCompany(
        name="Aurora",
        address=identity.companies.Address(country="DE"),
        owner_id=alice.id,
    )
    bob = harness.add_user("bob@example.com")
    aurora = harness.call(
        identity.companies.CREATE_COMPANY, company, operator, "company"
    )
    member = identity.memberships.AddMember(
        company_id=aurora.id, user_id=bob.id, role=Role.BILLING
    )
    membership = harness.call(
        identity.memberships.ADD_MEMBER, member, operator, "member"
    )
    harness.offload.count = 0

    assert harness.call(identity.people.CREATE_USER, user, operator, "user") == alice
    assert (
        harness.call(identity.companies.CREATE_COMPANY, company, operator, "company")
        == aurora
    )
    assert (
        harness.call(identity.memberships.ADD_MEMBER, member, operator, "member")
        == membership
    )

    assert harness.offload.count == 0
    assert len(_events(harness)) == 4


def test_a_key_used_for_something_else_is_refused(harness: IdentityHarness) -> None:
    operator = harness.principals.operator()
    user = identity.people.CreateUser(email=ALICE, name="Alice", password=PASSWORD)
    harness.call(identity.people.CREATE_USER, user, operator, "key")
    other = identity.people.CreateUser(
        email=ALICE, name="Alice", password=f"{PASSWORD}!"
    )

    with pytest.raises(Conflict, match="idempotency_key_reused"):
        harness.call(identity.people.CREATE_USER, other, operator, "key")
    with pytest.raises(InvalidInput, match="idempotency_key_missing"):
        harness.call(identity.people.CREATE_USER, user, operator, "")


def test_a_company_and_its_members_are_told_of_in_full(
    harness: IdentityHarness,
) -> None:
    alice = harness.add_user(ALICE)
    aurora = harness.add_company("Aurora", alice)
    bob = harness.add_user("bob@example.com")
    harness.add_member(aurora.id, bob.id, Role.TECHNICAL)

    told = _events(harness)

    assert [event["name"] for event in told] == [
        "company_changed",
        "membership_changed",
        "verification_changed",
        "membership_changed",
    ]
    assert all(event["company_id"] == str(aurora.id) for event in told)
    assert all(event["version"] == 1 for event in told)
    assert all(event["source"] == "identity" for event in told)
    assert all(event["request_id"] == "test" for event in told)
    assert told[0]["body"]["name"] == "Aurora"
    assert told[0]["body"]["address"]["country"] == "DE"
    assert told[1]["body"]["role"] == "owner"
    assert told[3]["body"] == {
        "company_id": str(aurora.id),
        "user_id": str(bob.id),
        "role": "technical",
    }


def test_a_creation_that_is_refused_tells_of_nothing(harness: IdentityHarness) -> None:
    alice = harness.add_user(ALICE)

    with pytest.raises(InvalidInput, match="bad_name"):
        harness.add_company(" ", alice)

    assert _events(harness) == []


def test_companies_are_found_by_name_by_id_or_all(harness: IdentityHarness) -> None:
    alice = harness.add_user(ALICE)
    borealis = harness.add_company("Borealis", alice)
    aurora = harness.add_company("Aurora", alice)

    def find(name: str | None = None, company_id: object = None) -> list[str]:
        arguments = {"name": name, "company_id": company_id and str(company_id)}
        found = harness.call.raw(
            identity.companies.FIND_COMPANIES, arguments, harness.principals.operator()
        )
        return [company.name for company in found.companies]

    assert find() == ["Aurora", "Borealis"]
    assert find(name=" Aurora ") == ["Aurora"]
    assert find(name="aurora") == []
    assert find(company_id=borealis.id) == ["Borealis"]
    assert find(name="Borealis", company_id=aurora.id) == []


def _write_membership(
    harness: IdentityHarness, acting_for: UUID, company_id: UUID
) -> None:
    with harness.database.company(acting_for) as db:
        db.add(
            Membership(
                company_id=company_id,
                user_id=uuid4(),
                role=Role.OWNER,
                since=harness.clock.now(),
                version=1,
            )
        )


def test_companies_are_told_of_again_page_by_page(harness: IdentityHarness) -> None:
    alice = harness.add_user(ALICE)
    ids = sorted(harness.add_company(f"Company {n}", alice).id for n in range(5))
    before = len(_events(harness))
    operator = harness.principals.operator()

    first = harness.call(
        identity.companies.REPUBLISH_COMPANIES,
        identity.companies.RepublishCompanies(limit=3),
        operator,
    )
    rest = identity.companies.RepublishCompanies(
        limit=3, after_company_id=first.last_company_id
    )
    second = harness.call(identity.companies.REPUBLISH_COMPANIES, rest, operator)

    assert (first.count, second.count, second.last_company_id) == (3, 2, None)
    again = _events(harness)[before:]
    for name in ("company_changed", "verification_changed"):
        of = [event for event in again if event["name"] == name]
        assert [event["company_id"] for event in of] == [str(each) for each in ids]
        assert {event["version"] for event in of} == {1}
    assert again[0]["body"]["time_zone"] == "Europe/Berlin"


@pytest.mark.parametrize("limit", [0, -1, 1_001])
def test_no_more_companies_are_told_of_at_once_than_allowed(
    harness: IdentityHarness, limit: int
) -> None:
    request = identity.companies.RepublishCompanies(limit=limit)

    with pytest.raises(InvalidInput, match="bad_limit"):
        harness.call(
            identity.companies.REPUBLISH_COMPANIES,
            request,
            harness.principals.operator(),
        )


def _events(harness: IdentityHarness) -> list[dict[str, Any]]:
    with harness.database.system() as db:
        query = select(outbox.c.envelope).where(
            outbox.c.event_name != ACTIVITY_RECORDED
        )
        return list(db.scalars(query.order_by(outbox.c.position)))
