"""Handing over a company: an owner offers it, and a member accepts."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.identity import memberships
from services.identity.models.companies import Company, Membership, OwnershipOffer
from services.identity.notices.notify import Subject, notify
from services.identity.people import users
from shared.contracts import identity
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.notices import NoticeKind
from shared.errors import Conflict, NotFound
from shared.rpc.change import Change

LIFETIME = timedelta(days=7)


def offer(
    change: Change, request: identity.members.ownership.OfferOwnership
) -> identity.members.ownership.OwnershipOffer:
    """Offer the caller's company to a member; an earlier offer is replaced.

    Raises:
        NotFound: ``no_such_member``, also where the caller is none, as an operator.
        Conflict: ``already_owner``.
    """
    db, now, giver = change.db, change.call.now, change.call.principal
    company_id = giver.require_company()
    memberships.lock_membership(db, company_id, giver.user_id)
    taker = memberships.lock_membership(db, company_id, request.user_id)
    if taker.role is Role.OWNER:
        raise Conflict("already_owner")
    made = db.merge(
        OwnershipOffer(
            company_id=company_id,
            from_user_id=giver.user_id,
            to_user_id=request.user_id,
            stays_owner=request.stays_owner,
            offered_at=now,
            expires_at=now + LIFETIME,
        )
    )
    _tell(change, NoticeKind.OWNERSHIP_OFFERED, request.user_id, company_id)
    return _view(made)


def open_offer(
    db: Session, company_id: UUID, now: datetime
) -> identity.members.ownership.OwnershipOffer | None:
    """Return the company's offer, if it was made and neither answered nor ended."""
    found = db.get(OwnershipOffer, company_id)
    return _view(found) if found and _stands(db, found, now) else None


def withdraw(change: Change) -> None:
    """Take back the offer of the caller's company.

    Raises:
        NotFound: ``no_ownership_offer``.
    """
    company_id = change.call.principal.require_company()
    found = change.db.get(OwnershipOffer, company_id, with_for_update=True)
    if found is None:
        raise NotFound("no_ownership_offer")
    change.db.delete(found)


def accept(change: Change) -> None:
    """Make the caller an owner, as they were offered.

    Raises:
        NotFound: ``no_ownership_offer``.
    """
    db, taker = change.db, change.call.principal
    company_id = taker.require_company()
    membership = memberships.lock_membership(db, company_id, taker.user_id)
    found = _offer_to_caller(change)
    memberships.change_role(change, membership, Role.OWNER)
    if not found.stays_owner:
        giver = memberships.lock_membership(db, company_id, found.from_user_id)
        db.flush()
        memberships.change_role(change, giver, Role.ADMIN)
    _tell(change, NoticeKind.OWNERSHIP_ACCEPTED, found.from_user_id, company_id)
    db.delete(found)


def decline(change: Change) -> None:
    """Refuse what the caller was offered.

    Raises:
        NotFound: ``no_ownership_offer``.
    """
    found = _offer_to_caller(change)
    kind = NoticeKind.OWNERSHIP_DECLINED
    _tell(change, kind, found.from_user_id, found.company_id)
    change.db.delete(found)


def _offer_to_caller(change: Change) -> OwnershipOffer:
    caller = change.call.principal
    company_id = caller.require_company()
    found = change.db.get(OwnershipOffer, company_id, with_for_update=True)
    if (
        found is None
        or found.to_user_id != caller.user_id
        or not _stands(change.db, found, change.call.now)
    ):
        raise NotFound("no_ownership_offer")
    return found


def _stands(db: Session, found: OwnershipOffer, now: datetime) -> bool:
    """Whether it can be accepted: its giver is still an owner, its taker a member.

    Nor does a company that an operator has locked change hands.
    """
    company = db.get_one(Company, found.company_id)
    if found.expires_at <= now or company.locked_at is not None:
        return False
    both = select(Membership.user_id, Membership.role).where(
        Membership.company_id == found.company_id,
        Membership.user_id.in_((found.from_user_id, found.to_user_id)),
    )
    roles = dict(db.execute(both).all())
    taker = roles.get(found.to_user_id, Role.OWNER)
    return roles.get(found.from_user_id) is Role.OWNER and taker is not Role.OWNER


def _tell(change: Change, kind: NoticeKind, user_id: UUID, company_id: UUID) -> None:
    by = {"by": change.call.principal.shown_name}
    subject = Subject(kind, str(change.runtime.new_id()), by, company_id)
    notify(change, users.get_user(change.db, user_id), subject)


def _view(found: OwnershipOffer) -> identity.members.ownership.OwnershipOffer:
    return identity.members.ownership.OwnershipOffer(
        from_user_id=found.from_user_id,
        to_user_id=found.to_user_id,
        stays_owner=found.stays_owner,
        expires_at=found.expires_at,
    )
