"""Memberships: which user belongs to which company, in which role."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.identity.models.companies import Company, Membership
from services.identity.models.people import User
from shared.contracts import identity
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

    def view(self) -> identity.memberships.CompanyMembership:
        return identity.memberships.CompanyMembership(
            company_id=self.company_id, company_name=self.company_name, role=self.role
        )


def of_user(db: Session, user_id: UUID) -> list[UsersCompany]:
    """Return all companies of a user, by name."""
    rows = db.execute(
        select(
            Company.company_id,
            Company.name,
            Membership.role,
            Membership.since,
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
    """Pick the company that a user has belonged to for longest.

    Raises:
        Forbidden: ``no_company``.
    """
    if not companies:
        raise Forbidden("no_company", "the user belongs to no company")
    return min(companies, key=lambda company: (company.since, company.company_id))


def list_members(db: Session) -> list[identity.memberships.Member]:
    """Return the members of the company that ``db`` is narrowed to, oldest first."""
    rows = db.execute(
        select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .order_by(Membership.since, Membership.user_id)
    )
    return [
        identity.memberships.Member(
            user_id=user.id,
            name=user.name,
            email=user.email,
            role=membership.role,
            two_factor_enabled=user.two_factor_enabled,
            since=membership.since,
        )
        for membership, user in rows
    ]


def add_member(
    change: Change, request: identity.memberships.AddMember
) -> identity.memberships.Membership:
    """Add an existing user to an existing company, and publish it.

    Raises:
        Conflict: ``already_member``, in whichever role.
    """
    added = (
        insert(Membership)
        .values(
            company_id=request.company_id,
            user_id=request.user_id,
            role=request.role,
            since=change.call.now,
            version=FIRST_VERSION,
        )
        .on_conflict_do_nothing()
    )
    membership = change.db.scalar(added.returning(Membership))
    if membership is None:
        raise Conflict("already_member")
    body = identity.memberships.Membership(
        company_id=membership.company_id,
        user_id=membership.user_id,
        role=membership.role,
    )
    change.emit(
        identity.memberships.MEMBERSHIP_CHANGED,
        body,
        company_id=membership.company_id,
        version=membership.version,
    )
    return body
