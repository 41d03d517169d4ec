"""The link of an invitation: opened, accepted, or declined.

It proves that its holder reads the mail of the address that was invited. So an account
that is made with it has that address verified; and a person who is logged in under
another address doesn't join before somebody has approved it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.identity import memberships
from services.identity.companies.invitations import let_in
from services.identity.companies.outside_links import OutsideLinks
from services.identity.limits import Limit
from services.identity.mailed_links import end_link
from services.identity.models.companies import Company, Membership
from services.identity.models.invitations import Invitation
from services.identity.models.mailed_links import LinkKind
from services.identity.models.people import User
from services.identity.notices.notify import Subject, notify
from services.identity.people import users
from services.identity.people.context_words import words_of, words_of_email
from services.identity.recording import record_of
from services.identity.roles import PERMISSIONS
from shared.contracts.identity.accounts.standing import Standing
from shared.contracts.identity.members.invitations import (
    AcceptedInvitation,
    InvitationState,
    InvitedAs,
    JoinCompany,
    JoinedCompany,
    OpenedInvitation,
)
from shared.contracts.identity.members.links import OpenLink
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.notices import NoticeKind
from shared.contracts.identity.people import CreateUser
from shared.errors import Conflict, NotFound
from shared.permissions import Permission
from shared.rpc.call import Call
from shared.rpc.change import Change
from shared.runtime import Runtime

PER_LINK = Limit("join by link", "too_many_passwords", 20, timedelta(hours=1))
"""Passwords that are refused don't use up the link."""

_ANSWERED = (InvitationState.JOINED, InvitationState.ASKS)


@dataclass(frozen=True)
class Accepting:
    """``keep_password`` checks and hashes one, for an account with these words."""

    outside: OutsideLinks
    runtime: Runtime
    keep_password: Callable[[str, frozenset[str]], str]

    def open(self, call: Call, request: OpenLink) -> OpenedInvitation:
        """Return what an invitation is, using nothing up.

        Raises:
            NotFound, Throttled: as the contract lists.
        """
        self._admit(call, request)
        with self.outside.database.system() as db:
            invitation = self._find(db, request.token, call.now)
            company = db.get_one(Company, invitation.company_id)
            return OpenedInvitation(
                company_id=company.company_id,
                company_name=company.name,
                email=invitation.email,
                role=invitation.role,
                invited_by=_inviters_name(db, invitation),
                expires_at=invitation.expires_at,
                invited_as=_invited_as(db, invitation.email),
            )

    def accept(self, call: Call, request: OpenLink) -> AcceptedInvitation:
        """Make the caller a member, or ask the inviter if their address is another.

        Raises:
            NotFound, Throttled, Conflict: as the contract lists.
        """
        self._admit(call, request)
        with self.outside.database.system() as db:
            change = Change(db, self.runtime, call)
            user = users.get_user(db, call.principal.user_id)
            invitation = self._answered_before(db, user.id, request.token)
            if invitation is None:
                invitation = self._find(db, request.token, call.now, lock=True)
                self._accept(change, invitation, user)
                record_of(change, user)
            company = db.get_one(Company, invitation.company_id)
            return AcceptedInvitation(
                company_id=company.company_id,
                company_name=company.name,
                state=invitation.state,
            )

    def join(self, call: Call, request: JoinCompany) -> JoinedCompany:
        """Make the account of the address that was invited, and it a member.

        The password is checked and hashed between transactions, in neither.

        Raises:
            NotFound, Throttled, InvalidInput, Conflict: as the contract lists.
        """
        self._admit(call, request)
        words = self._words_of_new(call, request)
        kept = "" if words is None else self.keep_password(request.password, words)
        with self.outside.database.system() as db:
            change = Change(db, self.runtime, call)
            invitation = self._find(db, request.token, call.now, lock=True)
            company = db.get_one(Company, invitation.company_id)
            user = users.find_user_by_email(db, invitation.email)
            if user is None:
                user = self._make_user(change, invitation, request, kept, company)
            elif memberships.of_user(db, user.id):
                raise Conflict("account_exists")
            self._accept(change, invitation, user)
            record_of(change, user)
            return JoinedCompany(
                company_id=company.company_id,
                company_name=company.name,
                email=user.email,
            )

    def decline(self, call: Call, request: OpenLink) -> None:
        """Decline, and tell the person who sent the invitation.

        Raises:
            NotFound, Throttled: as the contract lists.
        """
        self._admit(call, request)
        with self.outside.database.system() as db:
            change = Change(db, self.runtime, call)
            invitation = self._find(db, request.token, call.now, lock=True)
            _use_up(change, invitation, InvitationState.DECLINED)
            _tell_inviter(change, invitation, person="")

    def _admit(self, call: Call, request: OpenLink | JoinCompany) -> None:
        self.outside.admit(call, LinkKind.INVITE, request.token, request.address)

    def _find(
        self, db: Session, token: str, now: datetime, *, lock: bool = False
    ) -> Invitation:
        """Return an invitation that can be accepted; with ``lock``, to answer it."""
        link = self.outside.links.find(db, LinkKind.INVITE, token, now)
        open_ones = select(Invitation).where(
            Invitation.link_id == link.id, Invitation.state == InvitationState.OPEN
        )
        query = open_ones.with_for_update() if lock else open_ones
        invitation = db.scalars(query).one_or_none()
        if invitation is None or not _may_still_invite(db, invitation):
            raise NotFound("link_used")
        return invitation

    def _answered_before(
        self, db: Session, user_id: UUID, token: str
    ) -> Invitation | None:
        """Return the invitation that the same person has accepted by this link."""
        link = self.outside.links.recognise(db, LinkKind.INVITE, token)
        return db.scalars(
            select(Invitation).where(
                Invitation.link_id == link.id,
                Invitation.answered_by == user_id,
                Invitation.state.in_(_ANSWERED),
            )
        ).one_or_none()

    def _accept(self, change: Change, invitation: Invitation, user: User) -> None:
        same_address = user.email == invitation.email
        invitation.answered_by = user.id
        if same_address:
            _use_up(change, invitation, InvitationState.JOINED)
            let_in(change, invitation, user)
        elif change.db.get(Membership, (invitation.company_id, user.id)):
            raise Conflict("already_member")
        else:
            _use_up(change, invitation, InvitationState.ASKS)
        _tell_inviter(change, invitation, person=user.name)

    def _words_of_new(self, call: Call, request: JoinCompany) -> frozenset[str] | None:
        """Count the attempt; return the context words, or None without an account."""
        with self.outside.database.system() as db:
            invitation = self._find(db, request.token, call.now)
            if users.find_user_by_email(db, invitation.email):
                return None
            limits = self.outside.limits
            limits.take(db, PER_LINK, str(invitation.link_id), call.now)
            company = db.get_one(Company, invitation.company_id)
            names = words_of(request.name, company.name)
            return names | words_of_email(invitation.email)

    def _make_user(
        self,
        change: Change,
        invitation: Invitation,
        request: JoinCompany,
        kept: str,
        company: Company,
    ) -> User:
        asked = CreateUser(
            email=invitation.email,
            name=request.name,
            password=request.password,
            locale=request.locale,
            time_zone=company.time_zone,
            email_verified=True,
        )
        made = users.create_user(
            change, asked, change.runtime.new_id(), lambda _password, _words: kept
        )
        return users.get_user(change.db, made.id)


def _invited_as(db: Session, email: str) -> InvitedAs:
    user = users.find_user_by_email(db, email)
    if user is None:
        return InvitedAs.NEW
    if memberships.of_user(db, user.id):
        return InvitedAs.USER
    return InvitedAs.USER_WITHOUT_COMPANY


def _may_still_invite(db: Session, invitation: Invitation) -> bool:
    """Whether the company and the person who sent it may; an operator always may."""
    company = db.get_one(Company, invitation.company_id)
    standing = memberships.standing_of(company.closed_at, company.locked_at)
    if standing is not Standing.OPEN:
        return False
    if invitation.invited_by is None:
        return True
    inviter = db.get(Membership, (invitation.company_id, invitation.invited_by))
    return (
        inviter is not None and Permission.MANAGE_MEMBERS in PERMISSIONS[inviter.role]
    )


def _inviters_name(db: Session, invitation: Invitation) -> str:
    inviter = db.get(User, invitation.invited_by) if invitation.invited_by else None
    return inviter.name if inviter else ""


def _use_up(change: Change, invitation: Invitation, state: InvitationState) -> None:
    invitation.state = state
    invitation.answered_at = change.call.now
    if invitation.link_id:
        end_link(change, invitation.link_id)


def _tell_inviter(change: Change, invitation: Invitation, *, person: str) -> None:
    """Tell who sent it what became of it; of an operator's, the owners."""
    which = (
        Membership.user_id == invitation.invited_by
        if invitation.invited_by
        else Membership.role == Role.OWNER
    )
    members = select(User).join(Membership, Membership.user_id == User.id)
    told = members.where(Membership.company_id == invitation.company_id, which)
    parameters = {
        "state": invitation.state.value,
        "email": invitation.email,
        "person": person,
        "role": invitation.role.value,
    }
    subject = Subject(
        NoticeKind.INVITATION_ANSWERED,
        str(invitation.link_id),
        parameters,
        invitation.company_id,
    )
    for user in change.db.scalars(told).all():
        notify(change, user, subject)
