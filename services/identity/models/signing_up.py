"""Requests to sign up, and the terms that people have accepted."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.identity.models.base import Base


class SignUpRequest(Base):
    """A request that waits to be answered by mail, whether there is an account or not.

    ``locale`` is the language of the mail, for somebody without an account.
    """

    __tablename__ = "sign_up_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    locale: Mapped[str]
    asked_at: Mapped[datetime]


class AcceptedTerms(Base):
    """Which version of the provider's terms a user has accepted, and when."""

    __tablename__ = "accepted_terms"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    accepted_at: Mapped[datetime]
