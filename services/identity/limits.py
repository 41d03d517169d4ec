"""Limit how often something is tried, whether or not it succeeds.

Attempts are counted in the database, so all instances count together. Who tries is a
keyed hash. Of any number of simultaneous attempts, no more than the limit pass.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from services.identity.hashes import keyed_hash
from services.identity.models.signing_in import Attempt
from shared.errors import Throttled

_LOCK_BYTES = 8


@dataclass(frozen=True)
class Limit:
    """At most ``most`` attempts by one subject within ``window``.

    ``code`` is what refuses further ones. ``name`` tells limits apart.
    """

    name: str
    code: str
    most: int
    window: timedelta


class Limits:
    """``key`` never leaves the process, so that hashes can't be guessed."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def take(self, db: Session, limit: Limit, subject: str, now: datetime) -> None:
        """Count an attempt.

        Raises:
            Throttled: the limit's code, with ``retry_after_s``.
        """
        subject_hash = self._hash(limit, subject)
        lock = int.from_bytes(subject_hash[:_LOCK_BYTES], signed=True)
        db.execute(select(func.pg_advisory_xact_lock(lock)))
        # Until this one has expired, there are `most` of them.
        frees_at = db.scalar(
            select(Attempt.expires_at)
            .where(Attempt.subject_hash == subject_hash, Attempt.expires_at > now)
            .order_by(Attempt.expires_at.desc())
            .offset(limit.most - 1)
            .limit(1)
        )
        if frees_at is not None:
            wait_s = math.ceil((frees_at - now).total_seconds())
            raise Throttled(limit.code, "", {"retry_after_s": wait_s})
        db.add(Attempt(subject_hash=subject_hash, expires_at=now + limit.window))

    def clear(self, db: Session, limit: Limit, subject: str) -> None:
        """Forget a subject's attempts, because one of them has succeeded."""
        subject_hash = self._hash(limit, subject)
        db.execute(delete(Attempt).where(Attempt.subject_hash == subject_hash))

    def _hash(self, limit: Limit, subject: str) -> bytes:
        return keyed_hash(self._key, limit.name, subject)


def forget_old_attempts(db: Session, now: datetime) -> None:
    """Delete what counts no more."""
    db.execute(delete(Attempt).where(Attempt.expires_at <= now))
