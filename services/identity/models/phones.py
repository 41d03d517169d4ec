"""Codes that are sent to people's mobile numbers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.identity.models.base import Base


class PhoneCode(Base):
    """A code on its way to a number, and what became of it.

    The code itself is stored nowhere: it is a keyed hash of ``id``. ``ended_at`` is
    when it was used, replaced, or entered wrong too often. ``next_attempt_at`` is empty
    once it is sent or given up, and ``failure`` says why the last attempt failed.
    """

    __tablename__ = "phone_codes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    number: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    wrong_tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None]
    failure: Mapped[str] = mapped_column(default="")
