"""Signing in by password.

A known and an unknown account take the same path: the same queries, one hash, the same
answer. The password is hashed between two transactions, in neither.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.orm import Session

from services.identity.derived_keys import derive
from services.identity.models.people import User
from services.identity.people import users
from services.identity.people.emails import normalise_or_empty
from services.identity.people.passwords import PasswordHashing
from services.identity.signing_in import throttle
from services.identity.signing_in.second_step import SecondStep
from services.identity.signing_in.throttle import Attempt
from shared.contracts import identity
from shared.db.database import Database
from shared.errors import ContractError, Unauthenticated
from shared.rpc.call import Call
from shared.rpc.change import Change
from shared.runtime import Runtime

log = structlog.get_logger()


@dataclass(frozen=True)
class Candidate:
    """The account that was named, and the hash its password is checked against."""

    user_id: UUID
    password_hash: str


class Logins:
    def __init__(
        self,
        database: Database,
        runtime: Runtime,
        hashing: PasswordHashing,
        signing_key: Ed25519PrivateKey,
        second_step: SecondStep,
    ) -> None:
        self._database = database
        self._runtime = runtime
        self._hashing = hashing
        self._throttle_key = derive(signing_key, b"client-area login throttle")
        self._second_step = second_step
        self.marks = second_step.marks

    def log_in(
        self, request: identity.signing_in.LogIn, call: Call
    ) -> identity.signing_in.LoggedIn:
        """Let in for the right password, or ask for the second factor; log the result.

        Raises:
            Unauthenticated: ``wrong_credentials``, be it the email or the password.
            Throttled: ``too_many_logins`` with ``retry_after_s``.
            Forbidden: ``no_company``.
        """
        try:
            return self._log_in(request, call)
        except ContractError as refusal:
            marks = self.marks.of(request.email, request.address)
            who = {"account": marks.account, "address": marks.address}
            log.info("sign_in_refused", code=refusal.code, **who)
            raise

    def _log_in(
        self, request: identity.signing_in.LogIn, call: Call
    ) -> identity.signing_in.LoggedIn:
        email, now = normalise_or_empty(request.email), call.now
        site = throttle.site_of(throttle.normalise_address(request.address))
        attempt = Attempt.of(self._throttle_key, email, request.email, site)
        candidate = self._admit(attempt, email, now)
        kept = candidate.password_hash if candidate else None
        right = self._runtime.offload(
            lambda: self._hashing.matches(request.password, kept)
        )
        if candidate is None or not right:
            self._count_failure(attempt, now)
            raise Unauthenticated("wrong_credentials")
        renewed = self._renew_hash(candidate, request.password)
        return self._open(attempt, candidate, renewed, request, call)

    def _admit(self, attempt: Attempt, email: str, now: datetime) -> Candidate | None:
        with self._database.system() as db:
            throttle.refuse_when_throttled(db, attempt, now)
            user = users.find_user_by_email(db, email)
            return Candidate(user.id, user.password_hash) if user else None

    def _count_failure(self, attempt: Attempt, now: datetime) -> None:
        with self._database.system() as db:
            throttle.lock_answers(db)
            throttle.refuse_when_throttled(db, attempt, now)
            throttle.count_failure(db, attempt, now)

    def _renew_hash(self, candidate: Candidate, password: str) -> str | None:
        if not self._hashing.is_outdated(candidate.password_hash):
            return None
        return self._runtime.offload(lambda: self._hashing.keep(password))

    def _open(
        self,
        attempt: Attempt,
        candidate: Candidate,
        renewed_hash: str | None,
        request: identity.signing_in.LogIn,
        call: Call,
    ) -> identity.signing_in.LoggedIn:
        with self._database.system() as db:
            throttle.lock_answers(db)
            throttle.refuse_when_throttled(db, attempt, call.now)
            user = _lock_unchanged(db, candidate)
            user.password_hash = renewed_hash or user.password_hash
            throttle.clear_failures(db, attempt)
            return self._second_step.let_in_or_ask(
                Change(db, self._runtime, call), user, request
            )


def _lock_unchanged(db: Session, candidate: Candidate) -> User:
    """Read the user again: the password may have been changed while we hashed."""
    user = db.get(User, candidate.user_id, with_for_update=True)
    if user is None or user.password_hash != candidate.password_hash:
        raise Unauthenticated("wrong_credentials")
    return user
