"""Passkeys, and the challenges that they answer."""

from datetime import datetime
from enum import Enum
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.identity.models.base import Base


class Purpose(Enum):
    """What a challenge is for; one for one purpose is none for another."""

    REGISTER = "register"
    LOG_IN = "log_in"
    SECOND_STEP = "second_step"
    PROVE = "prove"


class Passkey(Base):
    """A credential whose private key an authenticator keeps.

    ``sign_count`` only ever grows, or stays 0 with authenticators that count nothing.
    ``name`` is empty where neither the person nor the authenticator has given one.
    """

    __tablename__ = "passkeys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    credential_id: Mapped[bytes]
    public_key: Mapped[bytes]
    sign_count: Mapped[int]
    aaguid: Mapped[UUID]
    name: Mapped[str]
    is_synced: Mapped[bool]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """A challenge that was given out. Of the secrets only the SHA-256 are kept.

    ``holder_hash`` is that of who may answer it: a session, a browser or a pending
    log-in.
    """

    __tablename__ = "passkey_challenges"

    challenge_hash: Mapped[bytes] = mapped_column(primary_key=True)
    purpose: Mapped[Purpose]
    holder_hash: Mapped[bytes]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
