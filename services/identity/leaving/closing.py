"""Close a company: its people read it from then on, and change nothing.

What follows from it is the other services': they see it in the company's event.
"""

import structlog
from sqlalchemy import delete, select

from services.identity.companies import companies, invitations
from services.identity.models.companies import Membership, OwnershipOffer
from services.identity.models.people import User
from services.identity.notices.notify import Subject, notify
from shared.contracts import identity
from shared.contracts.identity.accounts.closing import CloseCompany
from shared.contracts.identity.notices import NoticeKind
from shared.errors import Conflict, InvalidInput
from shared.rpc.change import Change

log = structlog.get_logger()


def close_company(change: Change, request: CloseCompany) -> identity.companies.Company:
    """Close the principal's company, and tell its members.

    Nobody joins it any more, and it changes hands no more.

    Raises:
        InvalidInput: ``name_differs``.
        Conflict: ``company_closed``.
    """
    db, now = change.db, change.call.now
    company_id = change.call.principal.require_company()
    company = companies.get_company(db, company_id, lock=True)
    if company.closed_at is not None:
        raise Conflict("company_closed")
    if request.name.strip().casefold() != company.name.casefold():
        raise InvalidInput("name_differs", parameters={"field": "name"})
    company.closed_at = now
    invitations.revoke_all(change, company_id)
    db.execute(delete(OwnershipOffer).where(OwnershipOffer.company_id == company_id))
    company.version += 1
    closed = companies.publish_change(change, company)
    about = {"closed_at": now.isoformat()}
    subject = Subject(
        NoticeKind.COMPANY_CLOSED, str(company_id), about, company_id=company_id
    )
    members = (
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.company_id == company_id)
    )
    for user in db.scalars(members.order_by(User.id)):
        notify(change, user, subject)
    log.info("company_closed", company=str(company_id))
    return closed
