"""Invitations: who is let in by a link, who has to be approved, who is refused."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from services.identity.companies import invitations as rules
from services.identity.companies.outside_links import PER_ADDRESS
from services.identity.mailed_links import KEPT_AFTER_END
from services.identity.models.companies import Company
from services.identity.models.invitations import Invitation as InvitationRow
from services.identity.models.notices import Notice
from shared.contracts import identity
from shared.contracts.identity.members.invitations import (
    INVITE_MEMBER,
    LIST_INVITATIONS,
    Invitation,
    InvitationState,
    InvitedAs,
    InviteMember,
    ListInvitations,
)
from shared.contracts.identity.members.links import OpenLink
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.people import (
    VerificationStep,
)
from shared.errors import ContractError
from tests.fixtures.identity.harness import ADDRESS, IdentityHarness
from tests.fixtures.identity.invitations import (
    NEW,
    OWNER,
    Invitations,
    inviting_company,
)

ADMIN = "admin@aurora.example"
KNOWN, ELSEWHERE = "known@x.example", "home@y.example"
A_MOMENT = timedelta(seconds=1)


@pytest.fixture
def aurora(harness: IdentityHarness) -> Invitations:
    aurora = inviting_company(harness)
    admin = harness.add_user(ADMIN).id
    harness.add_member(aurora.company_id, admin, Role.ADMIN)
    harness.clock_tick()
    harness.add_owner(KNOWN, "Known & Co")
    harness.add_owner(ELSEWHERE, "Elsewhere")
    return aurora


def code_of(refused: pytest.ExceptionInfo[ContractError]) -> str:
    return refused.value.code


def test_a_new_person_joins_with_a_name_and_a_password(aurora: Invitations) -> None:
    aurora.invite(NEW, Role.TECHNICAL)
    link = aurora.link()
    opened = aurora.open(link)
    assert (opened.company_name, opened.invited_by) == ("Aurora", "Olga Owner")
    assert (opened.email, opened.role) == (NEW, Role.TECHNICAL)
    assert opened.invited_as is InvitedAs.NEW

    joined = aurora.join(link)

    assert joined.email == NEW
    assert aurora.members()[NEW] is Role.TECHNICAL
    account = aurora.harness.call(
        identity.people.GET_ACCOUNT,
        identity.people.GetAccount(),
        aurora.principal(NEW),
    )
    verified = {it.step for it in account.verifications if it.state.value == "verified"}
    assert verified == {VerificationStep.EMAIL}
    assert aurora.listed() == []
    assert aurora.told() == ["joined"]


def test_a_person_with_an_account_accepts_and_again_with_the_same_answer(
    aurora: Invitations,
) -> None:
    aurora.invite(KNOWN, Role.BILLING)
    link = aurora.link(KNOWN)
    assert aurora.open(link).invited_as is InvitedAs.USER

    answers = [aurora.accept(link, KNOWN) for _ in range(2)]

    assert {it.state for it in answers} == {InvitationState.JOINED}
    assert aurora.members()[KNOWN] is Role.BILLING
    assert aurora.told() == ["joined"]


def test_another_address_has_to_be_approved(aurora: Invitations) -> None:
    aurora.invite(NEW)

    accepted = aurora.accept(aurora.link(), ELSEWHERE)

    assert accepted.state is InvitationState.ASKS
    assert ELSEWHERE not in aurora.members()
    assert aurora.told() == ["asks"]
    (asks,) = aurora.listed()
    assert (asks.email, asks.asked_from) == (NEW, ELSEWHERE)
    aurora.approve(asks)
    assert aurora.members()[ELSEWHERE] is Role.VIEWER
    assert aurora.listed() == []


def test_who_asks_can_be_refused(aurora: Invitations) -> None:
    asked = aurora.invite(NEW)
    aurora.accept(aurora.link(), ELSEWHERE)

    aurora.revoke(asked)

    assert aurora.listed() == []
    with pytest.raises(ContractError) as refused:
        aurora.approve(asked)
    assert code_of(refused) == "no_such_invitation"
    assert ELSEWHERE not in aurora.members()


def test_a_user_without_a_company_joins_without_logging_in(
    aurora: Invitations,
) -> None:
    aurora.harness.add_user("alone@x.example")
    aurora.invite("alone@x.example")
    link = aurora.link("alone@x.example")
    assert aurora.open(link).invited_as is InvitedAs.USER_WITHOUT_COMPANY

    aurora.join(link, password="")

    assert aurora.members()["alone@x.example"] is Role.VIEWER
    assert aurora.principal("alone@x.example")


def test_an_account_is_never_joined_by_the_link_alone(aurora: Invitations) -> None:
    aurora.invite(KNOWN)

    with pytest.raises(ContractError) as refused:
        aurora.join(aurora.link(KNOWN))

    assert code_of(refused) == "account_exists"
    assert KNOWN not in aurora.members()


def test_declining_is_kept_and_told(aurora: Invitations) -> None:
    aurora.invite(NEW)

    aurora.decline(aurora.link())

    assert [it.state for it in aurora.listed()] == [InvitationState.DECLINED]
    assert aurora.told() == ["declined"]
    again = aurora.invite(NEW)
    assert [it.id for it in aurora.listed()] == [again.id]


End = Callable[[Invitations, Invitation], str]


def _used(aurora: Invitations, it: Invitation) -> str:
    aurora.join(aurora.link())
    return "link_used"


def _resent(aurora: Invitations, it: Invitation) -> str:
    aurora.resend(it)
    return "link_used"


def _revoked(aurora: Invitations, it: Invitation) -> str:
    aurora.revoke(it)
    return "link_used"


def _expired(aurora: Invitations, it: Invitation) -> str:
    aurora.harness.clock.move(rules.LIFETIME + A_MOMENT)
    return "link_expired"


def _inviter_left(aurora: Invitations, it: Invitation) -> str:
    aurora.harness.remove_member(aurora.company_id, ADMIN)
    return "link_used"


def _company_closed(aurora: Invitations, it: Invitation) -> str:
    with aurora.harness.database.system() as db:
        company = db.get_one(Company, aurora.company_id)
        company.closed_at = aurora.harness.clock.now()
    return "link_used"


ENDS = (_used, _resent, _revoked, _expired, _inviter_left, _company_closed)


@pytest.mark.parametrize("end", ENDS)
def test_a_link_that_has_ended_opens_nothing(aurora: Invitations, end: End) -> None:
    invitation = aurora.invite(NEW, by=ADMIN)
    link = aurora.link()

    code = end(aurora, invitation)

    for use in (aurora.open, aurora.join, aurora.decline):
        with pytest.raises(ContractError) as refused:
            use(link)
        assert code_of(refused) == code
    with pytest.raises(ContractError) as refused:
        aurora.accept(link, ELSEWHERE)
    assert code_of(refused) == code


def test_a_link_is_used_once_also_in_parallel(aurora: Invitations) -> None:
    aurora.invite(NEW)
    link = aurora.link()

    def join(number: int) -> str:
        try:
            aurora.join(link, name=f"Nia {number}")
        except ContractError as refusal:
            return refusal.code
        return "joined"

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(join, range(4)))

    assert answers == ["joined", "link_used", "link_used", "link_used"]
    assert len(aurora.members()) == 3


def test_sending_again_makes_another_link(aurora: Invitations) -> None:
    invitation = aurora.invite(NEW)
    first = aurora.link()
    aurora.harness.clock.move(rules.LIFETIME + A_MOMENT)

    aurora.resend(invitation)

    second = aurora.link()
    assert second.token != first.token
    assert aurora.open(second).email == NEW


def test_what_names_people_is_forgotten_once_it_is_over(aurora: Invitations) -> None:
    aurora.invite(NEW)
    aurora.join(aurora.link())
    aurora.invite("late@x.example")
    aurora.harness.run_job("send_mails")
    aurora.harness.clock.move(KEPT_AFTER_END)
    waiting = aurora.invite("waits@x.example")

    aurora.harness.clock.move(rules.LIFETIME - A_MOMENT)
    aurora.harness.run_job("forget_old_mails")

    with aurora.harness.database.system() as db:
        kept = db.scalars(select(InvitationRow.email)).all()
        mailed = db.scalars(select(Notice.address).where(Notice.user_id.is_(None)))
        assert set(mailed) == {waiting.email}
    assert kept == ["late@x.example", waiting.email]
    aurora.harness.clock.move(A_MOMENT * 2)
    aurora.harness.run_job("forget_old_mails")
    assert [it.email for it in aurora.listed()] == [waiting.email]


def test_every_address_gets_the_same_answer(aurora: Invitations) -> None:
    answers = [aurora.invite(email) for email in (NEW, KNOWN)]

    for it, email in zip(answers, (NEW, KNOWN), strict=True):
        assert (it.email, it.state, it.role) == (
            email,
            InvitationState.OPEN,
            Role.VIEWER,
        )


@pytest.mark.parametrize(
    ("email", "role", "code"),
    [
        ("no address", Role.VIEWER, "bad_email"),
        (NEW, Role.OWNER, "role_not_offered"),
        (ADMIN, Role.VIEWER, "already_member"),
        ("Twice@x.example", Role.VIEWER, "already_invited"),
    ],
)
def test_who_can_not_be_invited(
    aurora: Invitations, email: str, role: Role, code: str
) -> None:
    aurora.invite("twice@x.example")

    with pytest.raises(ContractError) as refused:
        aurora.invite(email, role)

    assert code_of(refused) == code


def test_nobody_invites_before_an_owner_has_verified_a_phone(
    harness: IdentityHarness,
) -> None:
    harness.add_owner(OWNER, "Aurora")
    request = InviteMember(email=NEW, role=Role.VIEWER)

    with pytest.raises(ContractError) as refused:
        harness.call(INVITE_MEMBER, request, harness.log_in(OWNER).principal)

    assert code_of(refused) == "phone_verification_needed"
    answer = harness.call(
        LIST_INVITATIONS, ListInvitations(), harness.log_in(OWNER).principal
    )
    assert answer.needs_phone


def test_invitations_are_limited(aurora: Invitations) -> None:
    for number in range(rules.PER_COMPANY.most):
        aurora.invite(f"{number}@x.example")
    with pytest.raises(ContractError) as refused:
        aurora.invite("one-more@x.example")
    assert code_of(refused) == "too_many_invitations"

    aurora.harness.clock.move(rules.PER_COMPANY.window)
    invitation = aurora.invite(NEW)
    for _ in range(rules.PER_EMAIL.most - 1):
        aurora.resend(invitation)
    with pytest.raises(ContractError) as refused:
        aurora.resend(invitation)
    assert code_of(refused) == "too_many_invitations"


def test_guessed_links_are_counted(aurora: Invitations) -> None:
    aurora.invite(NEW)
    link = aurora.link()
    for number in range(PER_ADDRESS.most):
        guess = OpenLink(token=f"{number:096d}", address=ADDRESS)
        with pytest.raises(ContractError) as refused:
            aurora.open(guess)
        assert code_of(refused) == "link_unknown"

    with pytest.raises(ContractError) as refused:
        aurora.open(OpenLink(token="0" * 96, address=ADDRESS))
    assert code_of(refused) == "too_many_links"
    assert aurora.open(link).email == NEW


def test_a_weak_password_does_not_use_up_the_link(aurora: Invitations) -> None:
    aurora.invite(NEW)
    link = aurora.link()

    with pytest.raises(ContractError) as refused:
        aurora.join(link, password="aurora aurora")

    assert code_of(refused) == "password_of_context_words"
    assert aurora.join(link).email == NEW
