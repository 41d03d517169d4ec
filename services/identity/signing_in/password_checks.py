"""Checking passwords: hashed outside of transactions, and wrong ones counted."""

from datetime import datetime

from services.identity.people.passwords import PasswordHashing
from services.identity.signing_in import throttle
from services.identity.signing_in.throttle import Attempt, Attempts
from shared.db.database import Database
from shared.runtime import Runtime


class PasswordChecks:
    def __init__(
        self,
        database: Database,
        runtime: Runtime,
        hashing: PasswordHashing,
        attempts: Attempts,
    ) -> None:
        self.database = database
        self.runtime = runtime
        self.attempts = attempts
        self._hashing = hashing

    def is_right(self, password: str, kept: str | None) -> bool:
        """Return whether it is the kept password; as slow if none is kept."""
        return self.runtime.offload(lambda: self._hashing.matches(password, kept))

    def renew(self, password: str, kept: str) -> str | None:
        """Hash it again if it was hashed with outdated parameters."""
        if not self._hashing.is_outdated(kept):
            return None
        return self.runtime.offload(lambda: self._hashing.keep(password))

    def count_failure(self, attempt: Attempt, now: datetime) -> None:
        """Count a wrong password, unless too many others were counted meanwhile.

        Raises:
            Throttled: ``too_many_logins`` with ``retry_after_s``.
        """
        with self.database.system() as db:
            throttle.lock_answers(db)
            throttle.refuse_when_throttled(db, attempt, now)
            throttle.count_failure(db, attempt, now)
