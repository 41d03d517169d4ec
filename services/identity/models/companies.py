"""Companies and who belongs to them."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity.models.base import Base
from shared.contracts.identity.memberships import Role
from shared.db.database import CompanyOwned


class Company(CompanyOwned, Base):
    __tablename__ = "companies"

    company_id: Mapped[UUID] = mapped_column("id", primary_key=True)
    name: Mapped[str]
    street: Mapped[str]
    postal_code: Mapped[str]
    city: Mapped[str]
    region: Mapped[str]
    country: Mapped[str]
    time_zone: Mapped[str]
    is_business: Mapped[bool]
    version: Mapped[int] = mapped_column(sa.BigInteger)
    created_at: Mapped[datetime]
    time_zone_changed_at: Mapped[datetime | None]


class Membership(CompanyOwned, Base):
    __tablename__ = "memberships"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[Role]
    since: Mapped[datetime]
    version: Mapped[int] = mapped_column(sa.BigInteger)
