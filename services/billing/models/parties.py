"""The table of what billing needs to know of companies."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.billing.models.base import Base
from shared.contracts.identity.verification.levels import VerificationLevel
from shared.db.database import CompanyOwned


class Company(CompanyOwned, Base):
    """What billing needs of identity's company.

    ``country`` is empty while all that is known came before billing kept addresses.
    """

    __tablename__ = "companies"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    time_zone: Mapped[str]
    name: Mapped[str]
    street: Mapped[str]
    postal_code: Mapped[str]
    city: Mapped[str]
    region: Mapped[str]
    country: Mapped[str]
    is_business: Mapped[bool]
    closed_at: Mapped[datetime | None]
    epoch: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    version: Mapped[int] = mapped_column(sa.BigInteger)


class CompanyVerification(CompanyOwned, Base):
    """How far a company is verified, as identity has said last."""

    __tablename__ = "company_verifications"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    level: Mapped[VerificationLevel]
    has_company_document: Mapped[bool]
    epoch: Mapped[int] = mapped_column(sa.BigInteger)
    version: Mapped[int] = mapped_column(sa.BigInteger)
