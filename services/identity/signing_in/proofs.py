"""Proving again who one is, within a session.

What matters most asks for a proof of the last minutes, so that nobody else can do it on
a device that was left open. Wrong proofs are counted for the session alone: guesses
elsewhere don't keep its person from their account.

Who has an authenticator app gives its code, too: somebody with a stolen session and the
password could otherwise make new recovery codes, and be rid of the app by one of them.
"""

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.identity.factors import totp
from services.identity.factors.codes import FactorSecrets, try_code
from services.identity.models.people import User
from services.identity.people import users
from services.identity.recording import record_of
from services.identity.sessions import sessions
from services.identity.signing_in import throttle
from services.identity.signing_in.password_checks import PasswordChecks
from services.identity.signing_in.throttle import Attempt
from shared.contracts import identity
from shared.errors import InvalidInput, Unauthenticated
from shared.rpc.call import Call
from shared.rpc.change import Change

log = structlog.get_logger()


class Proofs:
    def __init__(
        self,
        checks: PasswordChecks,
        secrets: FactorSecrets,
        signing_key: Ed25519PrivateKey,
    ) -> None:
        self._checks = checks
        self._secrets = secrets
        self._signing_key = signing_key
        self._database = checks.database

    def prove(
        self, request: identity.sessions.Prove, call: Call
    ) -> identity.signing_in.Session:
        """Give the session a new token for a right proof.

        Raises:
            Unauthenticated: ``session_ended``.
            InvalidInput: ``wrong_password``, ``wrong_code``.
            Throttled: ``too_many_logins``, ``too_many_codes`` with ``retry_after_s``.
        """
        proof = request.proof
        with self._database.system() as db:
            row, user = sessions.find_session(db, request.token, call.now)
            attempt = self._checks.attempts.of_session(row.id)
            throttle.refuse_when_throttled(db, attempt, call.now)
        kept = user.password_hash
        if not self._checks.is_right(proof.password, kept):
            self._checks.count_failure(attempt, call.now)
            log.info("proof_refused", session=str(row.id))
            raise InvalidInput("wrong_password", "", {"field": "password"})
        renewed = self._renew(request, attempt, user, call)
        if renewed is None:
            log.info("proof_refused", session=str(row.id))
            raise InvalidInput("wrong_code", "", {"field": "code"})
        log.info("proved", session=str(row.id))
        return renewed

    def _renew(
        self,
        request: identity.sessions.Prove,
        attempt: Attempt,
        known: User,
        call: Call,
    ) -> identity.signing_in.Session | None:
        """Return the session with its new token; None if the code is wrong.

        ``known`` is the user as they were when the password was checked.
        """
        with self._database.system() as db:
            throttle.lock_answers(db)
            throttle.refuse_when_throttled(db, attempt, call.now)
            change = Change(db, self._checks.runtime, call)
            user = users.lock_user(db, known.id)
            if user.password_hash != known.password_hash:
                raise Unauthenticated("session_ended")
            if not self._is_right_code(change, user, request.proof.code):
                return None
            throttle.clear_failures(db, attempt)
            signed_in = sessions.renew_session(change, request.token)
            record_of(change, signed_in.user, signed_in.row.id)
            company = signed_in.company_for(None)
            return sessions.view(db, signed_in, company, self._signing_key, call.now)

    def _is_right_code(self, change: Change, user: User, code: str) -> bool:
        """Whether the code is right; people without an app need none."""
        if totp.find_app(change.db, user.id) is None:
            return True
        return bool(code) and try_code(change, self._secrets, user, code) is not None
