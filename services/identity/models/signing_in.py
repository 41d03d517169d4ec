"""Sessions, known devices, failed logins, limited attempts, and requests by email."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity.models.base import Base
from shared.principal import Strength


class LoginSession(Base):
    """A browser that is signed in. Of its token only the SHA-256 is kept.

    ``earlier_token_hash`` is that of the token before the last proof: it opens nothing.
    ``proved_at`` is when its person last proved who they are, by any factor.
    """

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes]
    earlier_token_hash: Mapped[bytes | None]
    user_id: Mapped[UUID]
    company_id: Mapped[UUID]
    device_id: Mapped[UUID | None]
    strength: Mapped[Strength]
    address: Mapped[str]
    user_agent: Mapped[str]
    created_at: Mapped[datetime]
    proved_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class KnownDevice(Base):
    """A browser in which a user has signed in. Of its cookie only a hash is kept."""

    __tablename__ = "known_devices"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    token_hash: Mapped[bytes]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class LoginFailure(Base):
    """A wrong password. Who and where from are keyed hashes, never the thing itself.

    ``account_hash`` is emptied when the account's owner signs in.
    """

    __tablename__ = "login_failures"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    account_hash: Mapped[bytes | None]
    address_hash: Mapped[bytes]
    failed_at: Mapped[datetime]


class Attempt(Base):
    """Something that may be tried a limited number of times; see `limits`.

    What is limited is a keyed hash. The attempt counts until ``expires_at``.
    """

    __tablename__ = "attempts"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    subject_hash: Mapped[bytes]
    expires_at: Mapped[datetime]


class ResetRequest(Base):
    """A request for a new password that waits to be answered by mail.

    ``user_id`` is empty where nobody has the email that was given.
    """

    __tablename__ = "reset_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID | None]
    asked_at: Mapped[datetime]


class LoginLinkRequest(Base):
    """A request for a login link that waits to be answered by mail.

    ``user_id`` is empty where nobody has the email that was given. ``device`` and
    ``network`` say in words where it came from.
    """

    __tablename__ = "login_link_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID | None]
    device: Mapped[str]
    network: Mapped[str]
    asked_at: Mapped[datetime]
