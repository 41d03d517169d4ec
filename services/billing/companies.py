"""What billing knows of identity's companies: the time zone their periods follow."""

from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.billing.models import Company
from shared.contracts import identity
from shared.events import Envelope

DEFAULT_TIME_ZONE = "UTC"
"""Of a company whose event has not come yet; its roll-ups are redone when it does."""


def lock_company(session: Session, company_id: UUID) -> None:
    """Let one transaction at a time change what is known of a company's services.

    Their events would wait for each other on the roll-ups anyway; a lock taken first
    and alone can't deadlock.
    """
    number = int.from_bytes(company_id.bytes[:8], signed=True)
    session.execute(select(func.pg_advisory_xact_lock(number)))


def time_zone_of(session: Session, company_id: UUID) -> ZoneInfo:
    wanted = select(Company.time_zone).where(Company.company_id == company_id)
    return ZoneInfo(session.scalar(wanted) or DEFAULT_TIME_ZONE)


def keep_company(session: Session, envelope: Envelope[identity.Company]) -> bool:
    """Keep what an event says unless a newer one came first.

    The company is locked. Returns whether its time zone is another now.
    """
    body = envelope.body
    known = session.get(Company, body.id)
    if known is None:
        known = Company(
            company_id=body.id, time_zone=DEFAULT_TIME_ZONE, version=envelope.version
        )
        session.add(known)
    elif envelope.version < known.version:
        return False
    has_moved = known.time_zone != body.time_zone
    known.time_zone = body.time_zone
    known.version = envelope.version
    session.flush()
    return has_moved
