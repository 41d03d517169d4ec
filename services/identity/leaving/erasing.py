"""Erase a person, and a closed company: docs/decisions/erasing.md has the reasons.

The person's row stays, for their id is in the trail and in other services' books; but
nothing in it tells who that was.
"""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import aliased

from services.identity import memberships
from services.identity.companies import companies, contacts, invitations
from services.identity.documents import decisions as documents
from services.identity.leaving.tables_of_people import USER_ID, erased_tables
from services.identity.models.companies import Company, Membership
from services.identity.models.mailed_links import LinkKind, MailedLink
from services.identity.models.notices import Notice
from services.identity.models.people import User
from services.identity.models.verification import Verification
from services.identity.sessions import sessions
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.notices import NoticeKind
from shared.errors import Conflict
from shared.rpc.change import Change

log = structlog.get_logger()

NOBODYS_DOMAIN = "erased.invalid"
"""Reserved (RFC 2606): no mail goes there, and nobody logs in with it."""

_OF_BEFORE = (NoticeKind.INVITATION, NoticeKind.SIGN_UP_LINK)
"""Mails to people without an account; others are to billing contacts, a company's."""


def erase_user(change: Change, user: User) -> None:
    """Erase a locked user, in a transaction of the system.

    Raises:
        Conflict: ``owns_companies`` with ``companies``.
    """
    company_ids = _companies_of(change, user.id)
    for company_id in company_ids:
        # Of two owners who leave at once, one stays.
        companies.get_company(change.db, company_id, lock=True)
    if names := _owned_alone(change, user.id):
        raise Conflict("owns_companies", parameters={"companies": ", ".join(names)})
    sessions.end_sessions_of(change, user.id)
    for company_id in company_ids:
        _leave(change, company_id, user.id)
    for table in erased_tables():
        change.db.execute(sa.delete(table).where(table.c[USER_ID] == user.id))
    invitations.forget_person(change, user)
    _forget_mails_of_before(change, user.email)
    change.db.execute(delete(Verification).where(Verification.subject_id == user.id))
    documents.erase(change.db, user.id)
    user.email = f"{user.id.hex}@{NOBODYS_DOMAIN}"
    user.name = user.phone = user.password_hash = user.lock_reason = ""
    user.locale, user.time_zone = "en", "UTC"
    user.two_factor_enabled = False
    user.last_login_at = None
    user.locked_at = user.erased_at = change.call.now
    log.info("user_erased", user=str(user.id))


def erase_company(change: Change, company_id: UUID) -> None:
    """Erase a closed company's details and contacts; its members leave it.

    Raises:
        NotFound: ``no_such_company``.
        Conflict: ``company_open``.
    """
    company = companies.get_company(change.db, company_id, lock=True)
    if company.closed_at is None:
        raise Conflict("company_open")
    members = select(Membership.user_id).where(Membership.company_id == company_id)
    for user_id in change.db.scalars(members.order_by(Membership.user_id)).all():
        _leave(change, company_id, user_id)
    invitations.forget_all(change, company_id)
    contacts.forget_all(change, company_id)
    documents.erase(change.db, company_id)
    company.name = str(company_id)
    company.street = company.postal_code = company.city = company.region = ""
    company.lock_reason = ""
    company.version += 1
    companies.publish_change(change, company)
    log.info("company_erased", company=str(company_id))


def _forget_mails_of_before(change: Change, email: str) -> None:
    """Delete the mails by which a person got their account, and links to sign up."""
    to_them = Notice.user_id.is_(None), Notice.address == email
    change.db.execute(delete(Notice).where(*to_them, Notice.kind.in_(_OF_BEFORE)))
    change.db.execute(
        delete(MailedLink).where(
            MailedLink.kind == LinkKind.SIGN_UP,
            MailedLink.parameters["email"].astext == email,
        )
    )


def _owned_alone(change: Change, user_id: UUID) -> Sequence[str]:
    """Return the names of the open companies whose only owner a user is."""
    owner, another = aliased(Membership), aliased(Membership)
    others = select(another.user_id).where(
        another.company_id == owner.company_id,
        another.role == Role.OWNER,
        another.user_id != user_id,
    )
    alone = (
        select(Company.name)
        .join(owner, owner.company_id == Company.company_id)
        .where(
            owner.user_id == user_id,
            owner.role == Role.OWNER,
            Company.closed_at.is_(None),
            ~others.exists(),
        )
    )
    return change.db.scalars(alone.order_by(Company.name)).all()


def _companies_of(change: Change, user_id: UUID) -> Sequence[UUID]:
    own = select(Membership.company_id).where(Membership.user_id == user_id)
    return change.db.scalars(own.order_by(Membership.company_id)).all()


def _leave(change: Change, company_id: UUID, user_id: UUID) -> None:
    membership = memberships.lock_membership(change.db, company_id, user_id)
    memberships.end_for_good(change, membership)
