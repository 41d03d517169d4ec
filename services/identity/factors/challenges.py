"""Challenges: random bytes that a passkey signs, once and within some minutes.

They are rows of the database: a signed cookie could be answered again and again, and a
passkey that counts nothing could not tell.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from services.identity.limits import Limit, Limits
from services.identity.models.passkeys import PasskeyChallenge, Purpose
from shared.rpc.change import Change

LIFETIME = timedelta(minutes=5)
PER_SOURCE = Limit("passkey challenge", "too_many_logins", 300, timedelta(minutes=15))
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
    change: Change, limits: Limits, holder: Holder, source: str = ""
) -> bytes:
    """Make a challenge for its holder; for one source, by default them, only so many.

    Raises:
        Throttled: ``too_many_logins`` with ``retry_after_s``.
    """
    subject = source or holder.hash.hex()
    limits.take(change.db, PER_SOURCE, subject, change.call.now)
    challenge = change.runtime.random.randbytes(_LENGTH)
    row = PasskeyChallenge(
        challenge_hash=_hash(challenge),
        purpose=holder.purpose,
        holder_hash=holder.hash,
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
    """Delete those that nobody can answer any more."""
    old = PasskeyChallenge.created_at <= now - LIFETIME
    db.execute(delete(PasskeyChallenge).where(old))


def _hash(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()
