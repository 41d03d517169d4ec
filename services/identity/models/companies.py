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
    requires_two_factor: Mapped[bool] = mapped_column(default=False)
    """Whether only members with a second factor may act for it."""
    closed_at: Mapped[datetime | None]
    locked_at: Mapped[datetime | None]
    lock_reason: Mapped[str] = mapped_column(default="")


class Membership(CompanyOwned, Base):
    __tablename__ = "memberships"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[Role]
    since: Mapped[datetime]
    version: Mapped[int] = mapped_column(sa.BigInteger)


class EndedMembership(CompanyOwned, Base):
    """The version that a membership ended with; if it begins again, it goes on there.

    Otherwise receivers of its events would drop the new ones as older.
    """

    __tablename__ = "ended_memberships"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(sa.BigInteger)


class OwnershipOffer(CompanyOwned, Base):
    """An owner has offered the company to a member, who has not answered yet.

    ``stays_owner``: the giver stays an owner as well.
    """

    __tablename__ = "ownership_offers"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    from_user_id: Mapped[UUID]
    to_user_id: Mapped[UUID]
    stays_owner: Mapped[bool]
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
