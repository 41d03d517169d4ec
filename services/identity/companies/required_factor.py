"""A company that asks its members for a second factor."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.identity.companies import companies
from services.identity.models.companies import Company, Membership
from services.identity.models.people import User
from services.identity.notices.notify import Subject, notify
from shared.contracts.identity.notices import NoticeKind
from shared.rpc.change import Change


def require_two_factor(change: Change, *, is_required: bool) -> None:
    """Ask the members of the caller's company for a second factor, or no longer.

    Those without one are told, and can act for the company once they have set one up.
    """
    company_id = change.call.principal.require_company()
    company = companies.get_company(change.db, company_id, lock=True)
    if company.requires_two_factor is is_required:
        return
    company.requires_two_factor = is_required
    company.version += 1
    companies.publish_change(change, company)
    if is_required:
        _tell(change, company)


def _tell(change: Change, company: Company) -> None:
    by = {"by": change.call.principal.shown_name}
    subject = Subject(
        NoticeKind.TWO_FACTOR_REQUIRED,
        str(change.runtime.new_id()),
        by,
        company.company_id,
    )
    for user in _without_factor(change.db):
        if user.id != change.call.principal.user_id:
            notify(change, user, subject)


def _without_factor(db: Session) -> list[User]:
    found = db.scalars(
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(User.two_factor_enabled.is_(False))
        .order_by(User.id)
    )
    return list(found)
