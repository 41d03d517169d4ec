"""Proving again who one is, within a session.

What matters most asks for a proof of the last minutes, so that nobody else can do it on
a device that was left open. Wrong proofs are counted for the session alone: guesses
elsewhere don't keep its person from their account.

Who has a second factor gives it, too: somebody with a stolen session and the password
could otherwise make new recovery codes, and be rid of the factor by one of them. A
passkey alone is enough, since it verifies its user.
"""

from dataclasses import dataclass

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.identity.factors import passkeys
from services.identity.factors.challenges import Holder, make_challenge
from services.identity.factors.codes import FactorSecrets, try_code
from services.identity.factors.relying_party import RelyingParty, read_assertion
from services.identity.models.passkeys import Purpose
from services.identity.models.people import User
from services.identity.models.signing_in import LoginSession
from services.identity.people import users
from services.identity.recording import record_of
from services.identity.sessions import sessions
from services.identity.signing_in import throttle
from services.identity.signing_in.password_checks import PasswordChecks
from services.identity.signing_in.throttle import Attempt
from shared.contracts import identity
from shared.contracts.identity.sessions import PasskeyProof, PasswordProof
from shared.errors import InvalidInput, Unauthenticated
from shared.rpc.call import Call
from shared.rpc.change import Change

log = structlog.get_logger()


@dataclass(frozen=True)
class Proofs:
    checks: PasswordChecks
    secrets: FactorSecrets
    party: RelyingParty
    signing_key: Ed25519PrivateKey

    def begin_with_passkey(self, token: str, call: Call) -> str:
        """Return the options for the passkeys of the session's person.

        Raises:
            Unauthenticated: ``session_ended``.
            Throttled: ``too_many_logins`` with ``retry_after_s``.
        """
        with self.checks.database.system() as db:
            row, user = sessions.find_session(db, token, call.now)
            change = Change(db, self.checks.runtime, call)
            challenge = make_challenge(change, self.secrets.limits, _holder_of(row))
            return self.party.request_options(
                challenge, passkeys.passkeys_of(db, user.id)
            )

    def prove(
        self, request: identity.sessions.Prove, call: Call
    ) -> identity.signing_in.Session:
        """Give the session a new token for a right proof.

        Raises:
            Unauthenticated: ``session_ended``.
            InvalidInput: ``wrong_password``, ``wrong_code``,
                ``passkey_challenge_ended``, ``passkey_unknown``, ``passkey_refused``.
            Throttled: ``too_many_logins``, ``too_many_codes`` with ``retry_after_s``.
        """
        match request.proof:
            case PasswordProof() as proof:
                return self._prove_by_password(request.token, proof, call)
            case PasskeyProof() as proof:
                return self._prove_by_passkey(request.token, proof, call)

    def _prove_by_passkey(
        self, token: str, proof: PasskeyProof, call: Call
    ) -> identity.signing_in.Session:
        answer, now = read_assertion(proof.credential), call.now
        # Used up for good, also if the passkey is refused.
        with self.checks.database.system() as db:
            row, user = sessions.find_session(db, token, now)
            passkeys.use_up_challenge(db, _holder_of(row), answer, now)
            session_id, user_id = row.id, user.id
        try:
            with self.checks.database.system() as db:
                users.lock_user(db, user_id)
                passkeys.use_passkey(db, self.party, answer, now, user_id=user_id)
                return self._renew(Change(db, self.checks.runtime, call), token)
        except InvalidInput as refusal:
            log.info("proof_refused", session=str(session_id), code=refusal.code)
            raise

    def _prove_by_password(
        self, token: str, proof: PasswordProof, call: Call
    ) -> identity.signing_in.Session:
        with self.checks.database.system() as db:
            row, user = sessions.find_session(db, token, call.now)
            attempt = self.checks.attempts.of_session(row.id)
            throttle.refuse_when_throttled(db, attempt, call.now)
        refused = "wrong_code"
        if not self.checks.is_right(proof.password, user.password_hash):
            self.checks.count_failure(attempt, call.now)
            refused = "wrong_password"
        elif renewed := self._renew_by_code(token, proof.code, attempt, user, call):
            return renewed
        log.info("proof_refused", session=str(row.id), code=refused)
        raise InvalidInput(refused, "", {"field": refused.removeprefix("wrong_")})

    def _renew_by_code(
        self, token: str, code: str, attempt: Attempt, known: User, call: Call
    ) -> identity.signing_in.Session | None:
        """Return the session with its new token; None if the code is wrong.

        ``known`` is the user as they were when the password was checked.
        """
        with self.checks.database.system() as db:
            throttle.lock_answers(db)
            throttle.refuse_when_throttled(db, attempt, call.now)
            change = Change(db, self.checks.runtime, call)
            user = users.lock_user(db, known.id)
            if user.password_hash != known.password_hash:
                raise Unauthenticated("session_ended")
            if not self._is_right_code(change, user, code):
                return None
            throttle.clear_failures(db, attempt)
            return self._renew(change, token)

    def _renew(self, change: Change, token: str) -> identity.signing_in.Session:
        signed_in = sessions.renew_session(change, token)
        record_of(change, signed_in.user, signed_in.row.id)
        log.info("proved", session=str(signed_in.row.id))
        company = signed_in.company_for(None)
        now = change.call.now
        return sessions.view(change.db, signed_in, company, self.signing_key, now)

    def _is_right_code(self, change: Change, user: User, code: str) -> bool:
        """Whether the code is right; people without a second factor need none."""
        if not user.two_factor_enabled:
            return True
        return bool(code) and try_code(change, self.secrets, user, code) is not None


def _holder_of(row: LoginSession) -> Holder:
    return Holder(Purpose.PROVE, str(row.id))
