"""Invitations: sent, sent again, withdrawn; and people who ask to be let in.

What happens to the link in the mail is in `accepting`.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from services.identity import memberships
from services.identity.levels import verification_of
from services.identity.limits import Limit, Limits
from services.identity.mailed_links import KEPT_AFTER_END, end_link, make_link
from services.identity.models.companies import Company, Membership
from services.identity.models.invitations import Invitation
from services.identity.models.mailed_links import LinkKind
from services.identity.models.people import User
from services.identity.notices.notify import (
    Outsider,
    Subject,
    mail_outsider,
    notify,
)
from services.identity.people import users
from services.identity.people.emails import normalise_email
from shared.contracts.identity.members import invitations as contract
from shared.contracts.identity.members.invitations import (
    INVITED_ROLES,
    InvitationState,
)
from shared.contracts.identity.memberships import AddMember
from shared.contracts.identity.notices import NoticeKind
from shared.contracts.identity.verification.levels import VerificationLevel
from shared.errors import Conflict, InvalidInput, NotFound
from shared.rpc.change import Change

LIFETIME = timedelta(days=7)
_DAY = timedelta(days=1)
PER_COMPANY = Limit("invitation of company", "too_many_invitations", 30, _DAY)
PER_EMAIL = Limit("invitation to email", "too_many_invitations", 5, _DAY)
"""Over all companies: nobody's mailbox is flooded."""

_WAITING = (InvitationState.OPEN, InvitationState.ASKS)
_FALLBACK_LOCALE = "en"


def list_invitations(
    db: Session, company_id: UUID, now: datetime
) -> list[contract.Invitation]:
    """Return a company's invitations that are not over, newest first."""
    declined = (
        Invitation.state == InvitationState.DECLINED,
        Invitation.answered_at > now - KEPT_AFTER_END,
    )
    inviter, answerer = aliased(User), aliased(User)
    rows = db.execute(
        select(Invitation, inviter, answerer)
        .outerjoin(inviter, inviter.id == Invitation.invited_by)
        .outerjoin(answerer, answerer.id == Invitation.answered_by)
        .where(
            Invitation.company_id == company_id,
            Invitation.state.in_(_WAITING) | (declined[0] & declined[1]),
        )
        .order_by(Invitation.sent_at.desc(), Invitation.id)
    )
    return [_view(*row) for row in rows]


def needs_phone(db: Session, company_id: UUID) -> bool:
    """Whether a company's level is too low to invite people."""
    reached = verification_of(db, company_id).level
    return reached.rank < VerificationLevel.PHONE.rank


def invite(
    change: Change, limits: Limits, request: contract.InviteMember
) -> contract.Invitation:
    """Invite an address to the principal's company.

    Raises:
        InvalidInput, Conflict, Throttled: as the contract lists.
    """
    company_id = change.call.principal.require_company()
    email = normalise_email(request.email)
    if request.role not in INVITED_ROLES:
        raise InvalidInput("role_not_offered", request.role.value)
    _check_may_invite(change, limits, company_id, email)
    _refuse_member(change.db, company_id, email)
    _forget_declined(change, company_id, email)
    now = change.call.now
    added = insert(Invitation).values(
        id=change.runtime.new_id(),
        company_id=company_id,
        email=email,
        role=request.role,
        state=InvitationState.OPEN,
        sent_at=now,
        expires_at=now + LIFETIME,
    )
    made = added.on_conflict_do_nothing().returning(Invitation)
    invitation = change.db.scalar(made)
    if invitation is None:
        raise Conflict("already_invited")
    return _send(change, invitation)


def resend(change: Change, limits: Limits, invitation_id: UUID) -> contract.Invitation:
    """Send another link, in the name of the caller; the earlier one ends.

    Raises:
        NotFound, Conflict, Throttled: as the contract lists.
    """
    invitation = _lock(change.db, invitation_id, InvitationState.OPEN)
    company_id, email = invitation.company_id, invitation.email
    _check_may_invite(change, limits, company_id, email)
    _refuse_member(change.db, company_id, email)
    if invitation.link_id:
        end_link(change, invitation.link_id)
    return _send(change, invitation)


def revoke(change: Change, invitation_id: UUID) -> None:
    """Let an invitation and its link end, or refuse the person who asks.

    Raises:
        NotFound: ``no_such_invitation``.
    """
    states = (*_WAITING, InvitationState.DECLINED)
    _revoke(change, _lock(change.db, invitation_id, *states))


def _revoke(change: Change, invitation: Invitation) -> None:
    invitation.state = InvitationState.REVOKED
    invitation.answered_at = change.call.now
    if invitation.link_id:
        end_link(change, invitation.link_id)


def revoke_all(change: Change, company_id: UUID) -> None:
    """Let all invitations of a company end that somebody can still accept."""
    waiting = (
        select(Invitation)
        .where(Invitation.company_id == company_id, Invitation.state.in_(_WAITING))
        .order_by(Invitation.id)
        .with_for_update()
    )
    for invitation in change.db.scalars(waiting).all():
        _revoke(change, invitation)


def forget_person(change: Change, user: User) -> None:
    """Delete the invitations that went to a person, or that they ask to join by."""
    asks = Invitation.state == InvitationState.ASKS
    _forget(
        change,
        (Invitation.email == user.email) | (asks & (Invitation.answered_by == user.id)),
    )


def forget_all(change: Change, company_id: UUID) -> None:
    """Delete a company's invitations."""
    _forget(change, Invitation.company_id == company_id)


def _forget(change: Change, which: ColumnElement[bool]) -> None:
    ended = delete(Invitation).where(which)
    links = change.db.scalars(ended.returning(Invitation.link_id)).all()
    for link_id in links:
        if link_id:
            end_link(change, link_id)


def approve(change: Change, invitation_id: UUID) -> None:
    """Make the person a member who accepted under another address, and tell them.

    Raises:
        NotFound: ``no_such_invitation``.
        Conflict: ``nobody_asks``, ``already_member``.
    """
    invitation = _lock(change.db, invitation_id, *_WAITING)
    if invitation.state is not InvitationState.ASKS or not invitation.answered_by:
        raise Conflict("nobody_asks")
    user = users.get_user(change.db, invitation.answered_by)
    let_in(change, invitation, user)
    parameters = {"role": invitation.role.value}
    cause = str(invitation.id)
    approved = NoticeKind.INVITATION_APPROVED
    notify(change, user, Subject(approved, cause, parameters, invitation.company_id))


def let_in(change: Change, invitation: Invitation, user: User) -> None:
    """Make a user a member in the role that the invitation names.

    Raises:
        Conflict: ``already_member``.
    """
    invitation.state = InvitationState.JOINED
    membership = AddMember(
        company_id=invitation.company_id, user_id=user.id, role=invitation.role
    )
    memberships.add_member(change, membership)


def forget_old_invitations(db: Session, now: datetime) -> None:
    """Delete what has been over for more than 30 days: it names people."""
    long_ago = now - KEPT_AFTER_END
    db.execute(
        delete(Invitation).where(
            or_(
                Invitation.state.not_in(_WAITING) & (Invitation.answered_at < long_ago),
                (Invitation.state == InvitationState.OPEN)
                & (Invitation.expires_at < long_ago),
            )
        )
    )


def _send(change: Change, invitation: Invitation) -> contract.Invitation:
    now, principal = change.call.now, change.call.principal
    sender = change.db.get(User, principal.user_id)
    company = change.db.get_one(Company, invitation.company_id)
    link = make_link(change, LinkKind.INVITE, None, LIFETIME)
    change.db.flush()
    invitation.link_id = link.id
    invitation.invited_by = sender.id if sender else None
    invitation.sent_at, invitation.expires_at = now, link.expires_at
    parameters = {
        "link_id": str(link.id),
        "role": invitation.role.value,
        "inviter": sender.name if sender else "",
    }
    outsider = Outsider(
        address=invitation.email,
        locale=sender.locale if sender else _FALLBACK_LOCALE,
        time_zone=sender.time_zone if sender else company.time_zone,
    )
    subject = Subject(
        NoticeKind.INVITATION, str(link.id), parameters, invitation.company_id
    )
    mail_outsider(change, outsider, subject)
    return _view(invitation, sender, None)


def _check_may_invite(
    change: Change, limits: Limits, company_id: UUID, email: str
) -> None:
    if needs_phone(change.db, company_id):
        raise Conflict("phone_verification_needed")
    limits.take(change.db, PER_COMPANY, str(company_id), change.call.now)
    limits.take(change.db, PER_EMAIL, email, change.call.now)


def _refuse_member(db: Session, company_id: UUID, email: str) -> None:
    """Refuse a member's address, which the caller reads among the members."""
    members = select(User.id).join(Membership, Membership.user_id == User.id)
    found = members.where(Membership.company_id == company_id, User.email == email)
    if db.scalar(found):
        raise Conflict("already_member")


def _forget_declined(change: Change, company_id: UUID, email: str) -> None:
    change.db.execute(
        update(Invitation)
        .where(
            Invitation.company_id == company_id,
            Invitation.email == email,
            Invitation.state == InvitationState.DECLINED,
        )
        .values(state=InvitationState.REVOKED, answered_at=change.call.now)
    )


def _lock(db: Session, invitation_id: UUID, *states: InvitationState) -> Invitation:
    found = select(Invitation).where(
        Invitation.id == invitation_id, Invitation.state.in_(states)
    )
    invitation = db.scalars(found.with_for_update()).one_or_none()
    if invitation is None:
        raise NotFound("no_such_invitation")
    return invitation


def _view(
    invitation: Invitation, inviter: User | None, answerer: User | None
) -> contract.Invitation:
    asks = invitation.state is InvitationState.ASKS
    return contract.Invitation(
        id=invitation.id,
        email=invitation.email,
        role=invitation.role,
        state=invitation.state,
        invited_by=inviter.name if inviter else "",
        sent_at=invitation.sent_at,
        expires_at=invitation.expires_at,
        asked_by=answerer.name if asks and answerer else "",
        asked_from=answerer.email if asks and answerer else "",
    )
