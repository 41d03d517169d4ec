"""How well an account is protected: its factors, its verification, its colleagues."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.identity.factors import recovery_codes
from services.identity.memberships import UsersCompany
from services.identity.models.companies import Membership
from services.identity.models.people import User
from services.identity.people import verification
from services.identity.roles import PERMISSIONS
from shared.contracts.identity.signing_in import Protection
from shared.permissions import Permission


def of_user(db: Session, user: User, company: UsersCompany) -> Protection:
    """Return what protects a user's account, and for who manages members theirs."""
    members = _members(db, company)
    passed = verification.passed_steps(db, user.id, company.company_id)
    return Protection(
        verified=passed,
        to_verify=verification.steps_left(db, company.company_id, passed),
        recovery_codes_left=(
            recovery_codes.count_left(db, user.id) if user.two_factor_enabled else None
        ),
        members=len(members),
        unprotected=[
            each.name
            for each in members
            if each.id != user.id and not each.two_factor_enabled
        ],
    )


def _members(db: Session, company: UsersCompany) -> list[User]:
    if Permission.MANAGE_MEMBERS not in PERMISSIONS[company.role]:
        return []
    found = db.scalars(
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.company_id == company.company_id)
        .order_by(User.name, User.id)
    )
    return list(found)
