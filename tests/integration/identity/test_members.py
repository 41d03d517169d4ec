"""Members: their roles, what protects their accounts, and who owns the company."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from services.identity.companies import ownership
from services.identity.models.companies import Membership
from services.identity.sessions.sessions import KEPT_AFTER_END
from shared.contract import Event, Method, RequestT, ResponseT
from shared.contracts import identity
from shared.contracts.identity.companies import COMPANY_CHANGED
from shared.contracts.identity.factors import Factor
from shared.contracts.identity.members.ownership import (
    ACCEPT_OWNERSHIP,
    DECLINE_OWNERSHIP,
    OFFER_OWNERSHIP,
    WITHDRAW_OWNERSHIP,
    AnswerOwnership,
    OfferOwnership,
)
from shared.contracts.identity.members.roles import (
    CHANGE_ROLE,
    REMOVE_MEMBER,
    ChangeRole,
    RemoveMember,
)
from shared.contracts.identity.members.security import (
    REMIND_MEMBER,
    REQUIRE_TWO_FACTOR,
    RemindMember,
    RequireTwoFactor,
)
from shared.contracts.identity.memberships import (
    LIST_MEMBERS,
    MEMBERSHIP_CHANGED,
    ListMembers,
    Members,
    Role,
)
from shared.contracts.identity.people import VerificationState, VerificationStep
from shared.contracts.identity.verification.levels import VERIFICATION_CHANGED
from shared.db.tables import outbox
from shared.errors import ContractError, Forbidden
from shared.permissions import Permission
from tests.fixtures.identity.harness import IdentityHarness

OWNER, ADMIN, VIEWER = (f"{name}@example.com" for name in ("ada", "adm", "vie"))
NO_OFFER = "no_ownership_offer"
SECRET = "JBSWY3DPEHPK3PXP"


@dataclass
class Team:
    """Ada's company, with an administrator and a viewer."""

    harness: IdentityHarness
    company: UUID
    ids: dict[str, UUID]

    def call(
        self, email: str, method: Method[RequestT, ResponseT], request: RequestT
    ) -> ResponseT:
        session = self.harness.log_in(email)
        return self.harness.call(method, request, session.principal)

    def refused(
        self, email: str, method: Method[RequestT, ResponseT], request: RequestT
    ) -> str:
        with pytest.raises(ContractError) as refusal:
            self.call(email, method, request)
        return refusal.value.code

    def members(self, email: str = OWNER) -> Members:
        return self.call(email, LIST_MEMBERS, ListMembers())

    def roles(self) -> dict[UUID, Role]:
        with self.harness.database.system() as db:
            rows = db.execute(select(Membership.user_id, Membership.role))
            return dict(rows.all())

    def events(self, event: Event[Any]) -> list[Mapping[str, Any]]:
        """Return the envelopes of an event, in their order."""
        with self.harness.database.system() as db:
            sent = select(outbox.c.envelope).where(outbox.c.event_name == event.name)
            return list(db.scalars(sent.order_by(outbox.c.position)))


@pytest.fixture
def team(harness: IdentityHarness) -> Team:
    owner = harness.add_owner(OWNER, "Aurora")
    company = harness.log_in(OWNER).company_id
    ids = {OWNER: owner.id}
    for email, role in ((ADMIN, Role.ADMIN), (VIEWER, Role.VIEWER)):
        ids[email] = harness.add_user(email, email).id
        harness.add_member(company, ids[email], role)
    return Team(harness, company, ids)


def test_a_changed_role_is_told_and_holds_at_the_next_login(team: Team) -> None:
    wanted = ChangeRole(user_id=team.ids[VIEWER], role=Role.BILLING)

    changed = team.call(ADMIN, CHANGE_ROLE, wanted)

    assert changed.role is Role.BILLING
    assert team.roles()[team.ids[VIEWER]] is Role.BILLING
    assert team.events(MEMBERSHIP_CHANGED)[-1]["version"] == 2


@pytest.mark.parametrize(
    ("who", "whom", "role", "code"),
    [
        (ADMIN, OWNER, Role.VIEWER, "owner_needed"),
        (OWNER, OWNER, Role.ADMIN, "last_owner"),
        (OWNER, VIEWER, Role.OWNER, "owner_is_offered"),
        (VIEWER, ADMIN, Role.VIEWER, "permission_missing"),
    ],
)
def test_what_no_change_of_role_does(
    team: Team, who: str, whom: str, role: Role, code: str
) -> None:
    wanted = ChangeRole(user_id=team.ids[whom], role=role)

    assert team.refused(who, CHANGE_ROLE, wanted) == code


@pytest.mark.parametrize(
    ("who", "whom", "code"),
    [
        (ADMIN, OWNER, "owner_needed"),
        (OWNER, OWNER, "not_yourself"),
        (VIEWER, ADMIN, "permission_missing"),
    ],
)
def test_who_is_not_removed(team: Team, who: str, whom: str, code: str) -> None:
    wanted = RemoveMember(user_id=team.ids[whom])

    assert team.refused(who, REMOVE_MEMBER, wanted) == code


def test_a_membership_that_begins_again_has_a_later_version(team: Team) -> None:
    viewer = team.ids[VIEWER]
    team.call(ADMIN, REMOVE_MEMBER, RemoveMember(user_id=viewer))
    again = RemoveMember(user_id=viewer)
    assert team.refused(ADMIN, REMOVE_MEMBER, again) == "no_such_member"
    team.harness.add_member(team.company, viewer, Role.TECHNICAL)

    ended, joined = team.events(MEMBERSHIP_CHANGED)[-2:]

    assert (ended["body"]["role"], ended["version"]) == (None, 2)
    assert joined["version"] == 3


def test_members_show_factors_and_the_last_login_to_who_manages_them(
    team: Team,
) -> None:
    seen = team.harness.clock.now()
    team.harness.log_in(VIEWER)
    team.harness.clock.move(KEPT_AFTER_END)
    _give_app(team, ADMIN)

    shown = {it.user_id: it for it in team.members().members}

    assert shown[team.ids[VIEWER]].last_login_at == seen
    assert shown[team.ids[VIEWER]].factors == []
    assert shown[team.ids[ADMIN]].factors == [Factor.TOTP]
    hidden = team.members(VIEWER).members
    assert {it.last_login_at for it in hidden} == {None}


def test_a_reminder_goes_out_once_a_day_to_who_needs_it(team: Team) -> None:
    wanted = RemindMember(user_id=team.ids[VIEWER])
    team.call(ADMIN, REMIND_MEMBER, wanted)
    assert team.refused(OWNER, REMIND_MEMBER, wanted) == "too_many_reminders"
    team.harness.clock.move(timedelta(days=1, seconds=1))

    team.call(OWNER, REMIND_MEMBER, wanted)

    _give_app(team, ADMIN)
    protected = RemindMember(user_id=team.ids[ADMIN])
    assert team.refused(OWNER, REMIND_MEMBER, protected) == "two_factor_is_on"


def test_without_a_required_factor_services_refuse_all_but_the_own_account(
    team: Team,
) -> None:
    _give_app(team, VIEWER)
    team.call(OWNER, REQUIRE_TWO_FACTOR, RequireTwoFactor(is_required=True))

    admin = team.harness.principal_of(team.harness.log_in(ADMIN))

    assert admin.lacks_factor
    assert admin.permissions == {Permission.READ_ACCOUNT}
    assert team.refused(ADMIN, LIST_MEMBERS, ListMembers()) == "two_factor_missing"
    account = team.call(
        ADMIN, identity.people.GET_ACCOUNT, identity.people.GetAccount()
    )
    assert account.memberships[0].requires_two_factor
    assert team.events(COMPANY_CHANGED)[-1]["version"] == 2


def test_ownership_passes_once_the_other_one_accepts(team: Team) -> None:
    offered = OfferOwnership(user_id=team.ids[ADMIN])
    team.call(OWNER, OFFER_OWNERSHIP, offered)
    assert team.roles()[team.ids[ADMIN]] is Role.ADMIN
    shown = team.members().offer
    assert shown is not None
    assert shown.to_user_id == team.ids[ADMIN]
    assert team.refused(VIEWER, ACCEPT_OWNERSHIP, AnswerOwnership()) == NO_OFFER

    team.call(ADMIN, ACCEPT_OWNERSHIP, AnswerOwnership())

    assert team.roles()[team.ids[ADMIN]] is Role.OWNER
    assert team.roles()[team.ids[OWNER]] is Role.ADMIN
    assert team.members().offer is None
    assert team.refused(ADMIN, ACCEPT_OWNERSHIP, AnswerOwnership()) == NO_OFFER


def test_an_owner_who_stays_is_one_of_two(team: Team) -> None:
    offered = OfferOwnership(user_id=team.ids[ADMIN], stays_owner=True)
    team.call(OWNER, OFFER_OWNERSHIP, offered)

    team.call(ADMIN, ACCEPT_OWNERSHIP, AnswerOwnership())

    assert list(team.roles().values()).count(Role.OWNER) == 2
    team.call(OWNER, REMOVE_MEMBER, RemoveMember(user_id=team.ids[ADMIN]))
    assert list(team.roles().values()).count(Role.OWNER) == 1


@pytest.mark.parametrize("ending", ["declined", "withdrawn", "expired", "left"])
def test_an_offer_that_has_ended_is_not_accepted(team: Team, ending: str) -> None:
    team.call(OWNER, OFFER_OWNERSHIP, OfferOwnership(user_id=team.ids[ADMIN]))

    if ending == "declined":
        team.call(ADMIN, DECLINE_OWNERSHIP, AnswerOwnership())
    elif ending == "withdrawn":
        team.call(OWNER, WITHDRAW_OWNERSHIP, AnswerOwnership())
    elif ending == "expired":
        team.harness.clock.move(ownership.LIFETIME)
    else:
        lowered = Membership.user_id == team.ids[OWNER]
        with team.harness.database.system() as db:
            db.scalars(select(Membership).where(lowered)).one().role = Role.VIEWER

    assert team.refused(ADMIN, ACCEPT_OWNERSHIP, AnswerOwnership()) == NO_OFFER
    assert team.members().offer is None


def test_an_owner_without_steps_lowers_the_level(team: Team) -> None:
    passed = identity.people.SetVerification(
        user_id=team.ids[OWNER],
        step=VerificationStep.EMAIL,
        state=VerificationState.VERIFIED,
    )
    operator = team.harness.principals.operator()
    team.harness.call(identity.people.SET_VERIFICATION, passed, operator)
    team.call(OWNER, OFFER_OWNERSHIP, OfferOwnership(user_id=team.ids[ADMIN]))

    team.call(ADMIN, ACCEPT_OWNERSHIP, AnswerOwnership())

    levels = [it["body"]["level"] for it in team.events(VERIFICATION_CHANGED)]
    assert levels[-2:] == ["email", "none"]


def test_admins_do_not_hand_over(team: Team) -> None:
    with pytest.raises(Forbidden, match="permission_missing"):
        team.call(ADMIN, OFFER_OWNERSHIP, OfferOwnership(user_id=team.ids[VIEWER]))


def _give_app(team: Team, email: str) -> None:
    wanted = identity.factors.ImportTotp(user_id=team.ids[email], secret=SECRET)
    operator = team.harness.principals.operator()
    team.harness.call(identity.factors.IMPORT_TOTP, wanted, operator)
