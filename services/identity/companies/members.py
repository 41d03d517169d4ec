"""The members of a company: who they are, their roles, how they are protected."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.identity import memberships
from services.identity.companies import ownership
from services.identity.companies.companies import get_company
from services.identity.limits import Limit, Limits
from services.identity.models.companies import Membership
from services.identity.models.factors import AuthenticatorApp
from services.identity.models.passkeys import Passkey
from services.identity.models.people import User
from services.identity.notices.notify import Subject, notify
from services.identity.people import users
from shared.contracts import identity
from shared.contracts.identity.factors import Factor
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.notices import NoticeKind
from shared.errors import Conflict, Forbidden
from shared.permissions import Permission
from shared.rpc.call import Call
from shared.rpc.change import Change

REMINDERS = Limit("reminders", "too_many_reminders", 1, timedelta(days=1))
"""Of one member, for one company."""


def list_members(db: Session, call: Call) -> identity.memberships.Members:
    """Return the members of the caller's company, oldest first."""
    caller = call.principal
    company = get_company(db, caller.require_company())
    rows = db.execute(
        select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .order_by(Membership.since, Membership.user_id)
    ).all()
    factors = _factors_of(db, [user.id for _, user in rows])
    manages = Permission.MANAGE_MEMBERS in caller.permissions
    return identity.memberships.Members(
        members=[
            identity.memberships.Member(
                user_id=user.id,
                name=user.name,
                email=user.email,
                role=membership.role,
                two_factor_enabled=user.two_factor_enabled,
                since=membership.since,
                factors=factors[user.id],
                last_login_at=user.last_login_at if manages else None,
            )
            for membership, user in rows
        ],
        requires_two_factor=company.requires_two_factor,
        offer=ownership.open_offer(db, company.company_id, call.now),
    )


def _factors_of(db: Session, user_ids: Iterable[UUID]) -> dict[UUID, list[Factor]]:
    found: dict[UUID, list[Factor]] = defaultdict(list)
    for column, factor in (
        (AuthenticatorApp.user_id, Factor.TOTP),
        (Passkey.user_id, Factor.PASSKEY),
    ):
        query = select(column).where(column.in_(user_ids)).distinct()
        for user_id in db.scalars(query):
            found[user_id].append(factor)
    return found


def change_role(
    change: Change, request: identity.members.roles.ChangeRole
) -> identity.memberships.Membership:
    """Give a member of the caller's company another role, and tell them.

    Raises:
        NotFound, Conflict, Forbidden: as the contract lists.
    """
    membership = _member_to_manage(change, request.user_id)
    if request.role is Role.OWNER and membership.role is not Role.OWNER:
        raise Conflict("owner_is_offered")
    if request.role is membership.role:
        return memberships.change_role(change, membership, request.role)
    changed = memberships.change_role(change, membership, request.role)
    _tell_of_role(change, membership)
    return changed


def remove_member(change: Change, user_id: UUID) -> identity.memberships.Membership:
    """Take a member out of the caller's company, and tell them.

    Raises:
        NotFound, Conflict, Forbidden: as the contract lists.
    """
    if user_id == change.call.principal.user_id:
        raise Conflict("not_yourself")
    membership = _member_to_manage(change, user_id)
    ended = memberships.end_membership(change, membership)
    company = get_company(change.db, membership.company_id)
    # Of a company that they have left they would not see it.
    subject = _subject(change, NoticeKind.MEMBER_REMOVED, {"company": company.name})
    notify(change, users.get_user(change.db, user_id), subject)
    return ended


def leave_company(change: Change) -> identity.memberships.Membership:
    """End the caller's membership of the company that they act for.

    Raises:
        NotFound, Conflict: as the contract lists.
    """
    caller = change.call.principal
    company_id = caller.require_company()
    membership = memberships.lock_membership(change.db, company_id, caller.user_id)
    if len(memberships.of_user(change.db, caller.user_id)) == 1:
        raise Conflict("only_company")
    return memberships.end_membership(change, membership)


def _tell_of_role(change: Change, membership: Membership) -> None:
    """Tell a member of the role that they have now."""
    subject = _subject(
        change,
        NoticeKind.ROLE_CHANGED,
        {"role": membership.role.value},
        membership.company_id,
    )
    notify(change, users.get_user(change.db, membership.user_id), subject)


def remind_member(change: Change, limits: Limits, user_id: UUID) -> None:
    """Ask a member to turn on two-factor authentication.

    Raises:
        NotFound, Conflict, Throttled: as the contract lists.
    """
    company_id = change.call.principal.require_company()
    membership = memberships.lock_membership(change.db, company_id, user_id)
    user = users.get_user(change.db, membership.user_id)
    if user.two_factor_enabled:
        raise Conflict("two_factor_is_on")
    limits.take(change.db, REMINDERS, f"{company_id} {user_id}", change.call.now)
    by = {"by": change.call.principal.shown_name}
    kind = NoticeKind.TWO_FACTOR_REMINDER
    notify(change, user, _subject(change, kind, by, company_id))


def _member_to_manage(change: Change, user_id: UUID) -> Membership:
    """Lock a membership that the caller may change.

    Raises:
        NotFound: ``no_such_member``.
        Forbidden: ``owner_needed``; an owner's is changed by owners only.
    """
    caller = change.call.principal
    company_id = caller.require_company()
    membership = memberships.lock_membership(change.db, company_id, user_id)
    manages_owners = Permission.MANAGE_OWNERSHIP in caller.permissions
    if membership.role is Role.OWNER and not manages_owners:
        raise Forbidden("owner_needed")
    return membership


def _subject(
    change: Change,
    kind: NoticeKind,
    parameters: dict[str, str],
    company_id: UUID | None = None,
) -> Subject:
    cause = str(change.runtime.new_id())
    return Subject(kind, cause, parameters, company_id)
