"""Challenges: random bytes that a passkey signs, once and within some minutes.

They are rows of the database: a signed cookie could be answered again and again, and a
passkey that counts nothing could not tell.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from services.identity.models.passkeys import PasskeyChallenge, Purpose
from shared.errors import Throttled
from shared.rpc.change import Change

LIFETIME = timedelta(minutes=5)
WINDOW = timedelta(minutes=15)
"""Over which the challenges are counted that one place asked for; they are kept for as
long."""
MAX_PER_SOURCE = 300
"""An office shares one address, and open log-in pages ask every few minutes."""

_LENGTH = 32


@dataclass(frozen=True)
class Holder:
    """Who may answer: ``secret`` is known to them, or names what they are in."""

    purpose: Purpose
    secret: str

    @property
    def hash(self) -> bytes:
        return _hash(f"{self.purpose.value}:{self.secret}".encode("utf-8", "replace"))


def make_challenge(
    change: Change, holder: Holder, source_hash: bytes | None = None
) -> bytes:
    """Make a challenge for its holder; for one source, by default them, only so many.

    Raises:
        Throttled: ``too_many_logins`` with ``retry_after_s``.
    """
    source_hash = source_hash or holder.hash
    _refuse_too_many(change.db, source_hash, change.call.now)
    challenge = change.runtime.random.randbytes(_LENGTH)
    row = PasskeyChallenge(
        challenge_hash=_hash(challenge),
        purpose=holder.purpose,
        holder_hash=holder.hash,
        source_hash=source_hash,
        created_at=change.call.now,
    )
    change.db.add(row)
    return challenge


def use_challenge(db: Session, holder: Holder, challenge: bytes, now: datetime) -> bool:
    """Use the challenge up; return whether it was its holder's and good until now.

    Of several uses at once, one succeeds.
    """
    used = db.execute(
        update(PasskeyChallenge)
        .where(
            PasskeyChallenge.challenge_hash == _hash(challenge),
            PasskeyChallenge.purpose == holder.purpose,
            PasskeyChallenge.holder_hash == holder.hash,
            PasskeyChallenge.created_at > now - LIFETIME,
            PasskeyChallenge.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(PasskeyChallenge.challenge_hash)
    )
    return used.one_or_none() is not None


def forget_old_challenges(db: Session, now: datetime) -> None:
    """Delete those that nobody can answer and no limit counts any more."""
    old = PasskeyChallenge.created_at <= now - WINDOW
    db.execute(delete(PasskeyChallenge).where(old))


def _refuse_too_many(db: Session, source_hash: bytes, now: datetime) -> None:
    since = now - WINDOW
    count, first = db.execute(
        select(func.count(), func.min(PasskeyChallenge.created_at)).where(
            PasskeyChallenge.source_hash == source_hash,
            PasskeyChallenge.created_at > since,
        )
    ).one()
    if count >= MAX_PER_SOURCE:
        retry_after_s = math.ceil((first - since).total_seconds())
        raise Throttled("too_many_logins", "", {"retry_after_s": retry_after_s})


def _hash(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()
