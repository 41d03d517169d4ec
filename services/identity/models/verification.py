"""How far people and companies are verified."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity.models.base import Base
from shared.contracts.identity.people import VerificationState, VerificationStep
from shared.contracts.identity.verification.levels import VerificationLevel
from shared.db.database import CompanyOwned


class Verification(Base):
    """A step that was begun; ``subject_id`` is the user, or the company for its own.

    ``reason_code`` says why, in words that pages have; ``reason`` is an operator's own
    sentence. From ``valid_until`` on, a step that was verified has expired.
    """

    __tablename__ = "verifications"

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    step: Mapped[VerificationStep] = mapped_column(primary_key=True)
    state: Mapped[VerificationState]
    reason_code: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    changed_at: Mapped[datetime]
    valid_until: Mapped[datetime | None]


class CompanyLevel(CompanyOwned, Base):
    """What was last published of a company's verification."""

    __tablename__ = "company_levels"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    level: Mapped[VerificationLevel] = mapped_column(default=VerificationLevel.NONE)
    has_company_document: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(sa.BigInteger, default=0)
