"""Proving again who one is, within a session.

What matters most asks for a proof of the last minutes, so that nobody else can do it on
a device that was left open. Wrong proofs are counted for the session alone: guesses
elsewhere don't keep its person from their account.
"""

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.identity.recording import record_of
from services.identity.sessions import sessions
from services.identity.sessions.sessions import SignedIn
from services.identity.signing_in import throttle
from services.identity.signing_in.password_checks import PasswordChecks
from services.identity.signing_in.throttle import Attempt
from shared.contracts import identity
from shared.errors import InvalidInput, Unauthenticated
from shared.rpc.call import Call
from shared.rpc.change import Change

log = structlog.get_logger()


class Proofs:
    def __init__(self, checks: PasswordChecks, signing_key: Ed25519PrivateKey) -> None:
        self._checks = checks
        self._signing_key = signing_key
        self._database = checks.database

    def prove(
        self, request: identity.sessions.Prove, call: Call
    ) -> identity.signing_in.Session:
        """Give the session a new token for a right proof.

        Raises:
            Unauthenticated: ``session_ended``.
            InvalidInput: ``wrong_password``.
            Throttled: ``too_many_logins`` with ``retry_after_s``.
        """
        with self._database.system() as db:
            row, user = sessions.find_session(db, request.token, call.now)
            attempt = self._checks.attempts.of_session(row.id)
            throttle.refuse_when_throttled(db, attempt, call.now)
        kept = user.password_hash
        if not self._checks.is_right(request.proof.password, kept):
            self._checks.count_failure(attempt, call.now)
            log.info("proof_refused", session=str(row.id))
            raise InvalidInput("wrong_password", "", {"field": "password"})
        log.info("proved", session=str(row.id))
        return self._renew(request.token, attempt, kept, call)

    def _renew(
        self, token: str, attempt: Attempt, checked_hash: str, call: Call
    ) -> identity.signing_in.Session:
        with self._database.system() as db:
            throttle.lock_answers(db)
            throttle.refuse_when_throttled(db, attempt, call.now)
            throttle.clear_failures(db, attempt)
            change = Change(db, self._checks.runtime, call)
            signed_in = sessions.renew_session(change, token)
            _refuse_when_changed(signed_in, checked_hash)
            record_of(change, signed_in.user, signed_in.row.id)
            company = signed_in.company_for(None)
            return sessions.view(db, signed_in, company, self._signing_key, call.now)


def _refuse_when_changed(signed_in: SignedIn, checked_hash: str) -> None:
    """The password may have been changed while we hashed."""
    if signed_in.user.password_hash != checked_hash:
        raise Unauthenticated("session_ended")
