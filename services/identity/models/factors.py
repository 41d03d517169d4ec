"""Second factors, log-ins that wait for a factor, and resets."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity.models.base import Base


class AuthenticatorApp(Base):
    """A person's app, with its encrypted secret.

    ``key_id`` names the key that the secret is encrypted with. ``last_step`` is the
    30-second step of the last code that was used; none before it counts any more.
    """

    __tablename__ = "authenticator_apps"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    secret: Mapped[bytes]
    key_id: Mapped[str]
    last_step: Mapped[int] = mapped_column(sa.BigInteger)
    created_at: Mapped[datetime]


class RecoveryCode(Base):
    """A recovery code, of which only a keyed hash is kept."""

    __tablename__ = "recovery_codes"

    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PendingLogin(Base):
    """A log-in that waits for its second step; the SHA-256 of its token is kept."""

    __tablename__ = "pending_logins"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes]
    user_id: Mapped[UUID]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    wrong_codes: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]


class TwoFactorReset(Base):
    """An operator's removal of a person's factors, which waits until ``due_at``.

    ``ended_at`` is when it was done or cancelled.
    """

    __tablename__ = "two_factor_resets"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    reason: Mapped[str]
    operator: Mapped[str]
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
