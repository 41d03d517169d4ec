"""Memberships: which user belongs to which company, in which role."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.identity.levels import settle_level
from services.identity.models.companies import Company, EndedMembership, Membership
from shared.contracts import identity
from shared.contracts.identity.accounts.standing import Standing
from shared.contracts.identity.memberships import Role
from shared.errors import Conflict, Forbidden, NotFound
from shared.rpc.change import Change

FIRST_VERSION = 1


@dataclass(frozen=True)
class UsersCompany:
    """One company of a user, as the user sees it."""

    company_id: UUID
    company_name: str
    role: Role
    since: datetime
    requires_two_factor: bool
    closed_at: datetime | None = None
    locked_at: datetime | None = None

    @property
    def standing(self) -> Standing:
        return standing_of(self.closed_at, self.locked_at)

    def view(self) -> identity.memberships.CompanyMembership:
        return identity.memberships.CompanyMembership(
            company_id=self.company_id,
            company_name=self.company_name,
            role=self.role,
            requires_two_factor=self.requires_two_factor,
            standing=self.standing,
        )


def standing_of(closed_at: datetime | None, locked_at: datetime | None) -> Standing:
    if closed_at is not None:
        return Standing.CLOSED
    return Standing.OPEN if locked_at is None else Standing.LOCKED


def of_user(db: Session, user_id: UUID) -> list[UsersCompany]:
    """Return all companies of a user, by name."""
    rows = db.execute(
        select(
            Company.company_id,
            Company.name,
            Membership.role,
            Membership.since,
            Company.requires_two_factor,
            Company.closed_at,
            Company.locked_at,
        )
        .join(
            Membership,
            Membership.company_id == Company.company_id,
        )
        .where(Membership.user_id == user_id)
        .order_by(Company.name, Company.company_id)
    )
    return [UsersCompany(*row) for row in rows]


def choose(companies: list[UsersCompany], company_id: UUID) -> UsersCompany:
    """Pick one company of a user's.

    Raises:
        NotFound: ``no_such_company``, whether it is another's or nobody's.
    """
    for company in companies:
        if company.company_id == company_id:
            return company
    raise NotFound("no_such_company")


def choose_first(companies: list[UsersCompany]) -> UsersCompany:
    """Pick the company that a user has belonged to for longest, an open one if any.

    Raises:
        Forbidden: ``no_company``.
    """
    if not companies:
        raise Forbidden("no_company", "the user belongs to no company")
    return min(
        companies,
        key=lambda company: (
            company.standing is not Standing.OPEN,
            company.since,
            company.company_id,
        ),
    )


def lock_membership(db: Session, company_id: UUID, user_id: UUID) -> Membership:
    """Read a membership, after locking its company's memberships against changes.

    Who takes away an owner's role counts the others, so one change comes after another.

    Raises:
        NotFound: ``no_such_member``.
    """
    db.execute(
        select(Company.company_id)
        .where(Company.company_id == company_id)
        .with_for_update()
    )
    found = db.get(Membership, (company_id, user_id), populate_existing=True)
    if found is None:
        raise NotFound("no_such_member")
    return found


def add_member(
    change: Change, request: identity.memberships.AddMember
) -> identity.memberships.Membership:
    """Add an existing user to an existing company, and publish it.

    Raises:
        Conflict: ``already_member``, in whichever role.
    """
    ended = change.db.get(EndedMembership, (request.company_id, request.user_id))
    added = (
        insert(Membership)
        .values(
            company_id=request.company_id,
            user_id=request.user_id,
            role=request.role,
            since=change.call.now,
            version=ended.version + 1 if ended else FIRST_VERSION,
        )
        .on_conflict_do_nothing()
    )
    membership = change.db.scalar(added.returning(Membership))
    if membership is None:
        raise Conflict("already_member")
    return _publish(change, membership, membership.role)


def change_role(
    change: Change, membership: Membership, role: Role
) -> identity.memberships.Membership:
    """Give a member another role, and publish it; nothing, if it is theirs already.

    Raises:
        Conflict: ``last_owner``; a company has an owner at any time.
    """
    if membership.role is not role:
        _keep_an_owner(change.db, membership)
        membership.role = role
        membership.version += 1
        return _publish(change, membership, role)
    return _view(membership, role)


def end_membership(
    change: Change, membership: Membership
) -> identity.memberships.Membership:
    """Take a user out of a company, and publish it.

    Raises:
        Conflict: ``last_owner``.
    """
    _keep_an_owner(change.db, membership)
    return end_for_good(change, membership)


def end_for_good(
    change: Change, membership: Membership
) -> identity.memberships.Membership:
    """End a membership, whoever is left; only a closed company has no owner."""
    db = change.db
    membership.version += 1
    db.merge(
        EndedMembership(
            company_id=membership.company_id,
            user_id=membership.user_id,
            version=membership.version,
        )
    )
    db.delete(membership)
    return _publish(change, membership, None)


def _keep_an_owner(db: Session, membership: Membership) -> None:
    if membership.role is not Role.OWNER:
        return
    another = select(Membership.user_id).where(
        Membership.company_id == membership.company_id,
        Membership.role == Role.OWNER,
        Membership.user_id != membership.user_id,
    )
    if db.scalar(another.limit(1)) is None:
        raise Conflict("last_owner")


def _publish(
    change: Change, membership: Membership, role: Role | None
) -> identity.memberships.Membership:
    body = _view(membership, role)
    change.emit(
        identity.memberships.MEMBERSHIP_CHANGED,
        body,
        company_id=membership.company_id,
        version=membership.version,
    )
    settle_level(change, membership.company_id)
    return body


def _view(membership: Membership, role: Role | None) -> identity.memberships.Membership:
    return identity.memberships.Membership(
        company_id=membership.company_id, user_id=membership.user_id, role=role
    )
