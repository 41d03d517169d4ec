"""People."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity.models.base import Base


class User(Base):
    """A person. ``email`` is kept normalised, which makes it unique in any case.

    ``factors_version`` counts how often ``two_factor_enabled`` has changed.
    ``phone`` is a verified mobile number, as in E.164, or empty.
    ``blocked_at`` is since when nobody can log in, until the password is reset;
    ``locked_at``, until an operator unlocks it. ``erased_at`` is when all that is about
    the person was removed from the row.
    """

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    locale: Mapped[str]
    time_zone: Mapped[str]
    password_hash: Mapped[str]
    password_changed_at: Mapped[datetime]
    two_factor_enabled: Mapped[bool] = mapped_column(default=False)
    factors_version: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    created_at: Mapped[datetime]
    blocked_at: Mapped[datetime | None]
    phone: Mapped[str] = mapped_column(default="")
    last_login_at: Mapped[datetime | None]
    locked_at: Mapped[datetime | None]
    lock_reason: Mapped[str] = mapped_column(default="")
    erased_at: Mapped[datetime | None]
