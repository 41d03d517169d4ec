"""Billing's projection of identity's companies, and the seller of each.

The first payment decides that permanently: the balance is money that this seller owes,
wherever the company moves to. Until then, a top-up that can still be paid decides; one
that ended unpaid doesn't bind.
"""

from collections.abc import Collection
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, BigInteger, func, literal, select
from sqlalchemy.orm import Session

from services.billing.models.parties import Company
from services.billing.models.payments import PAID, Payment
from services.billing.models.top_ups import OPEN, TopUp
from services.billing.parties.sellers import Seller, Sellers
from shared.contracts import identity
from shared.db.events import Envelope
from shared.errors import Conflict
from shared.settings import SettingError

DEFAULT_TIME_ZONE = "UTC"
"""Of a company whose event has not come yet; its roll-ups are redone when it does."""


def lock_company(session: Session, company_id: UUID) -> None:
    """Let one transaction at a time change what is known of a company's services.

    Their events would wait for each other on the roll-ups anyway; a lock taken first
    and alone can't deadlock.
    """
    session.execute(select(func.pg_advisory_xact_lock(_lock_number(company_id))))


def lock_companies(session: Session, company_ids: Collection[UUID]) -> None:
    """Lock several companies at once, always in the same order."""
    numbers = literal(sorted(map(_lock_number, company_ids)), ARRAY(BigInteger))
    given = func.unnest(numbers).column_valued("number")
    session.execute(select(func.count(func.pg_advisory_xact_lock(given))))


def try_lock_company(session: Session, company_id: UUID) -> bool:
    """Like `lock_company`, but return False if it is locked."""
    number = _lock_number(company_id)
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(number))))


def _lock_number(company_id: UUID) -> int:
    return int.from_bytes(company_id.bytes[:8], signed=True)


def time_zone_of(session: Session, company_id: UUID) -> ZoneInfo:
    wanted = select(Company.time_zone).where(Company.company_id == company_id)
    return ZoneInfo(session.scalar(wanted) or DEFAULT_TIME_ZONE)


def time_zones_of(
    session: Session, company_ids: Collection[UUID]
) -> dict[UUID, ZoneInfo]:
    wanted = select(Company.company_id, Company.time_zone).where(
        Company.company_id.in_(company_ids)
    )
    known = {row.company_id: row.time_zone for row in session.execute(wanted)}
    return {
        company_id: ZoneInfo(known.get(company_id) or DEFAULT_TIME_ZONE)
        for company_id in company_ids
    }


def seller_of(session: Session, sellers: Sellers, company_id: UUID) -> Seller:
    """Return a company's seller; before it buys, the one for its country."""
    key = _bought_from(session, company_id)
    if key is not None:
        return sellers.named(key)
    company = session.get(Company, company_id)
    return sellers.selling_to(company.country if company else "")


def may_buy_from(session: Session, company_id: UUID, seller: Seller) -> bool:
    """Whether a company's next top-up may be this seller's.

    If it is the first one, the company is locked: none of another seller's can be
    begun meanwhile.
    """
    key = _bought_from(session, company_id)
    if key is None:
        lock_company(session, company_id)
        key = _bought_from(session, company_id)
    return key in {None, seller.key}


def require_open(session: Session, company_id: UUID) -> None:
    """Refuse what a closed company can't do any more.

    Raises:
        Conflict: ``company_closed``.
    """
    closed = select(Company.closed_at).where(Company.company_id == company_id)
    if session.scalar(closed) is not None:
        raise Conflict("company_closed")


def check_sellers(session: Session, sellers: Sellers) -> None:
    """Check that the seller of each company exists.

    Raises:
        SettingError: one is not.
    """
    known = [each.key for each in sellers]
    missing = select(TopUp.seller).where(TopUp.seller.not_in(known)).limit(1)
    if key := session.scalar(missing):
        raise SettingError(f"SELLERS lacks a seller that companies buy from: {key!r}")


def _bought_from(session: Session, company_id: UUID) -> str | None:
    """The seller of what a company paid first, or else of what it may still pay."""
    paid = (
        select(TopUp.seller)
        .join(Payment, Payment.top_up_id == TopUp.id)
        .where(TopUp.company_id == company_id, Payment.state.in_(PAID))
        .order_by(Payment.settled_at)
    )
    still_open = (
        select(TopUp.seller)
        .where(TopUp.company_id == company_id, TopUp.state.in_(OPEN))
        .order_by(TopUp.created_at)
    )
    return session.scalar(paid.limit(1)) or session.scalar(still_open.limit(1))


def keep_company(
    session: Session, envelope: Envelope[identity.companies.Company]
) -> set[str]:
    """Keep what an event says unless a newer one came first.

    The company is locked. Returns the names of the columns that are others now; of a
    company that was unknown, those that differ from what was assumed.
    """
    body = envelope.body
    known = session.get(Company, body.id)
    if known is None:
        known = Company(
            company_id=body.id, time_zone=DEFAULT_TIME_ZONE, version=envelope.version
        )
        session.add(known)
    elif envelope.order < (known.epoch, known.version):
        return set()
    news = _columns(body)
    changed = {name for name, value in news.items() if getattr(known, name) != value}
    for name in changed:
        setattr(known, name, news[name])
    known.epoch, known.version = envelope.order
    session.flush()
    return changed


def _columns(company: identity.companies.Company) -> dict[str, object]:
    address = company.address
    return {
        "time_zone": company.time_zone,
        "name": company.name,
        "street": address.street,
        "postal_code": address.postal_code,
        "city": address.city,
        "region": address.region,
        "country": address.country,
        "is_business": company.is_business,
        "closed_at": company.closed_at,
    }
