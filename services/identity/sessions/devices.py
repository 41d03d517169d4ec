"""Known devices: browsers in which a user has signed in before.

A device is a cookie of 256 random bits, which outlives sessions. A browser that several
people use has one cookie, and a row for each of them. It decides two things: a login
from an unknown device is told to the account's owner, and wrong passwords from
elsewhere don't keep a known device out (see `throttle`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.identity.hashes import hash_token
from services.identity.models.signing_in import KnownDevice, LoginSession
from shared.principal import NOBODY_ID
from shared.rpc.change import Change

KNOWN_FOR = timedelta(days=365)
"""After the last login; browsers keep a cookie for about as long."""


@dataclass(frozen=True)
class Remembered:
    """A device after a login; ``token`` is for its cookie."""

    id: UUID
    token: str
    is_new: bool


def find_device(
    db: Session, user_id: UUID | None, token: str, now: datetime
) -> KnownDevice | None:
    """Find a user's device by its cookie; an unknown user costs the same query."""
    return db.scalar(
        select(KnownDevice).where(
            KnownDevice.user_id == (user_id or NOBODY_ID),
            KnownDevice.token_hash == hash_token(token),
            KnownDevice.last_seen_at > now - KNOWN_FOR,
        )
    )


def remember_device(change: Change, user_id: UUID, token: str) -> Remembered:
    """Note that a user has signed in on a device; it gets a cookie if it has none."""
    now = change.call.now
    known = find_device(change.db, user_id, token, now)
    if known is not None:
        known.last_seen_at = now
        return Remembered(known.id, token, is_new=False)
    kept = token if _is_in_use(change.db, token) else change.runtime.new_token()
    added = insert(KnownDevice).values(
        id=change.runtime.new_id(),
        user_id=user_id,
        token_hash=hash_token(kept),
        created_at=now,
        last_seen_at=now,
    )
    # It is there already if it was last seen too long ago, or in another tab just now.
    again = added.on_conflict_do_update(
        index_elements=["token_hash", "user_id"], set_={"last_seen_at": now}
    )
    device_id = change.db.scalars(again.returning(KnownDevice.id)).one()
    return Remembered(device_id, kept, is_new=True)


def forget_devices(db: Session, user_id: UUID, *, but: UUID = NOBODY_ID) -> None:
    """Forget a user's devices, except that of the session with the id ``but``."""
    kept = select(LoginSession.device_id).where(
        LoginSession.id == but, LoginSession.device_id.is_not(None)
    )
    db.execute(
        delete(KnownDevice).where(
            KnownDevice.user_id == user_id, KnownDevice.id.not_in(kept)
        )
    )


def forget_device(db: Session, device_id: UUID | None) -> None:
    db.execute(delete(KnownDevice).where(KnownDevice.id == device_id))


def forget_old_devices(db: Session, now: datetime) -> None:
    """Delete devices on which nobody has signed in for a year."""
    db.execute(delete(KnownDevice).where(KnownDevice.last_seen_at <= now - KNOWN_FOR))


def _is_in_use(db: Session, token: str) -> bool:
    """Whether it is a cookie of ours, of somebody else who uses the browser."""
    found = select(KnownDevice.id).where(KnownDevice.token_hash == hash_token(token))
    return db.scalar(found.limit(1)) is not None
