"""Billing's projection of how far companies are verified."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.billing.models.parties import CompanyVerification
from shared.contracts.identity.verification import levels
from shared.contracts.identity.verification.levels import VerificationLevel
from shared.db.events import Envelope


def keep_verification(
    session: Session, envelope: Envelope[levels.CompanyVerification]
) -> None:
    """Keep what an event says unless a newer one came first."""
    known = _lock(session, envelope.body.company_id)
    if envelope.order < (known.epoch, known.version):
        return
    known.level = envelope.body.level
    known.has_company_document = envelope.body.has_company_document
    known.epoch, known.version = envelope.order


def verification_of(session: Session, company_id: UUID) -> levels.CompanyVerification:
    """Return what is known of a company; nothing is verified before its first event."""
    known = session.get(CompanyVerification, company_id)
    return levels.CompanyVerification(
        company_id=company_id,
        level=known.level if known else VerificationLevel.NONE,
        has_company_document=known is not None and known.has_company_document,
    )


def may_save_cards(session: Session, company_id: UUID) -> bool:
    found = verification_of(session, company_id)
    return found.level.reaches(VerificationLevel.IDENTITY)


def _lock(session: Session, company_id: UUID) -> CompanyVerification:
    first = insert(CompanyVerification).values(
        company_id=company_id,
        level=VerificationLevel.NONE,
        has_company_document=False,
        epoch=0,
        version=0,
    )
    session.execute(first.on_conflict_do_nothing())
    return session.get_one(CompanyVerification, company_id, with_for_update=True)
