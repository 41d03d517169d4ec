"""Identity's tables: people, companies, memberships, sessions, failed logins."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.contracts.identity.memberships import Role
from shared.contracts.identity.people import VerificationState, VerificationStep
from shared.db.database import CompanyOwned, enum_by_value
from shared.principal import Strength


class Base(DeclarativeBase):
    type_annotation_map: ClassVar = {
        datetime: sa.DateTime(timezone=True),
        str: sa.Text,
        bytes: sa.LargeBinary,
        Role: enum_by_value(Role),
        Strength: enum_by_value(Strength),
        VerificationState: enum_by_value(VerificationState),
        VerificationStep: enum_by_value(VerificationStep),
    }


class User(Base):
    """A person. ``email`` is kept normalised, which makes it unique in any case."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    locale: Mapped[str]
    time_zone: Mapped[str]
    password_hash: Mapped[str]
    password_changed_at: Mapped[datetime]
    two_factor_enabled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


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


class LoginSession(Base):
    """A browser that is signed in. Of its token only the SHA-256 is kept."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes]
    user_id: Mapped[UUID]
    company_id: Mapped[UUID]
    strength: Mapped[Strength]
    address: Mapped[str]
    user_agent: Mapped[str]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class LoginFailure(Base):
    """A wrong password. Who and where from are keyed hashes, never the thing itself.

    ``account_hash`` is emptied when the account's owner signs in.
    """

    __tablename__ = "login_failures"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    account_hash: Mapped[bytes | None]
    address_hash: Mapped[bytes]
    failed_at: Mapped[datetime]


class Verification(Base):
    """A step that was begun; ``subject_id`` is the user, or the company for its own."""

    __tablename__ = "verifications"

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    step: Mapped[VerificationStep] = mapped_column(primary_key=True)
    state: Mapped[VerificationState]
    reason: Mapped[str] = mapped_column(default="")
    changed_at: Mapped[datetime]
