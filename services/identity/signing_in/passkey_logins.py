"""Signing in with a passkey: without a password, or as the second step after it.

Without a password the passkey says who its owner is. User verification makes it two
factors: what one has, and what one is or knows.
"""

from dataclasses import dataclass

import structlog

from services.identity.factors import own_passkeys, passkeys
from services.identity.factors.challenges import Holder, make_challenge
from services.identity.factors.relying_party import (
    RelyingParty,
    read_assertion,
    read_registration,
)
from services.identity.limits import Limits
from services.identity.models.factors import PendingLogin
from services.identity.models.passkeys import Purpose
from services.identity.people import users
from services.identity.sessions.addresses import normalise_address, site_of
from services.identity.signing_in import factor_resets, pending_logins
from services.identity.signing_in.second_step import SecondStep, refuse_with_factor
from shared.contracts import identity
from shared.contracts.identity.passkeys import (
    AnswerSecondStepWithPasskey,
    BeginPasskeyLogin,
    LogInWithPasskey,
)
from shared.contracts.identity.second_step import SetUp, SetUpPasskeyAtLogin
from shared.errors import ContractError, InvalidInput
from shared.principal import Strength
from shared.rpc.call import Call
from shared.rpc.change import Change

log = structlog.get_logger()


@dataclass(frozen=True)
class PasskeyLogins:
    party: RelyingParty
    second_step: SecondStep
    limits: Limits

    def begin(self, request: BeginPasskeyLogin, call: Call) -> str:
        """Return the options for any passkey of ours.

        Raises:
            Throttled: ``too_many_logins`` with ``retry_after_s``.
        """
        site = site_of(normalise_address(request.address))
        holder = Holder(Purpose.LOG_IN, request.browser)
        with self.second_step.database.system() as db:
            change = Change(db, self.second_step.runtime, call)
            challenge = make_challenge(change, self.limits, holder, site)
        return self.party.request_options(challenge)

    def log_in(
        self, request: LogInWithPasskey, call: Call
    ) -> identity.signing_in.Session:
        """Open a session for the passkey's owner, and log the result.

        Raises:
            InvalidInput: ``passkey_challenge_ended``, ``passkey_unknown``,
                ``passkey_refused``.
            Forbidden: ``no_company``.
        """
        try:
            return self._log_in(request, call)
        except ContractError as refusal:
            address = self.second_step.marks.of("", request.address).address
            log.info("sign_in_refused", code=refusal.code, address=address)
            raise

    def _log_in(
        self, request: LogInWithPasskey, call: Call
    ) -> identity.signing_in.Session:
        answer = read_assertion(request.credential)
        holder = Holder(Purpose.LOG_IN, request.browser)
        # Used up for good, also if the passkey is refused.
        with self.second_step.database.system() as db:
            passkeys.use_up_challenge(db, holder, answer, call.now)
        with self.second_step.database.system() as db:
            change = Change(db, self.second_step.runtime, call)
            user = users.lock_user(db, passkeys.find_owner(db, answer))
            passkeys.use_passkey(db, self.party, answer, call.now)
            factor_resets.cancel(change, user.id)
            return self.second_step.let_in(change, user, request, Strength.PASSKEY)

    def begin_second_step(self, token: str, call: Call) -> str:
        """Return the options for the passkeys of whose password was right.

        Raises:
            Unauthenticated: ``pending_login_ended``.
        """
        with self.second_step.database.system() as db:
            pending = pending_logins.find(db, token, call.now)
            change = Change(db, self.second_step.runtime, call)
            challenge = make_challenge(change, self.limits, _holder_of(pending))
            own = passkeys.passkeys_of(db, pending.user_id)
            return self.party.request_options(challenge, own)

    def answer_second_step(
        self, request: AnswerSecondStepWithPasskey, call: Call
    ) -> identity.signing_in.Session:
        """Finish a log-in with a passkey; one that is refused counts as a wrong code.

        Raises:
            Unauthenticated: ``pending_login_ended``.
            InvalidInput: ``passkey_challenge_ended``, ``passkey_unknown``,
                ``passkey_refused``.
        """
        answer = read_assertion(request.credential)
        with self.second_step.database.system() as db:
            pending, user = pending_logins.take(db, request.token, call.now)
            passkeys.use_up_challenge(db, _holder_of(pending), answer, call.now)
            try:
                passkeys.use_passkey(db, self.party, answer, call.now, user_id=user.id)
            except InvalidInput as refusal:
                pending.wrong_codes += 1
                refused = refusal
            else:
                change = Change(db, self.second_step.runtime, call)
                return self.second_step.finish(change, pending, user, request)
        address = self.second_step.marks.of("", request.address).address
        log.info("second_step_refused", code=refused.code, address=address)
        raise refused

    def begin_set_up(self, token: str, call: Call) -> str:
        """Return the options for a passkey of somebody who must have a factor.

        Raises:
            Unauthenticated: ``pending_login_ended``.
            Throttled: ``too_many_logins``.
        """
        with self.second_step.database.system() as db:
            pending = pending_logins.find(db, token, call.now)
            refuse_with_factor(db, pending)
            user = users.get_user(db, pending.user_id)
            change = Change(db, self.second_step.runtime, call)
            challenge = make_challenge(change, self.limits, _newcomer(pending))
            return self.party.creation_options(user, [], challenge)

    def set_up(self, request: SetUpPasskeyAtLogin, call: Call) -> SetUp:
        """Keep the first factor of somebody who must have one, and let them in.

        Raises:
            Unauthenticated: ``pending_login_ended``.
            InvalidInput: ``passkey_challenge_ended``, ``passkey_refused``.
            Conflict: ``passkey_exists``.
        """
        answer = read_registration(request.credential)
        step = self.second_step
        with step.database.system() as db:
            change = Change(db, step.runtime, call)
            pending, user = pending_logins.take(db, request.token, call.now)
            refuse_with_factor(db, pending)
            passkeys.use_up_challenge(db, _newcomer(pending), answer, call.now)
            _passkey, codes = own_passkeys.add_passkey(
                change, step.secrets, user, self.party, answer
            )
            session = step.finish(change, pending, user, request)
            return SetUp(session=session, recovery_codes=codes)


def _newcomer(pending: PendingLogin) -> Holder:
    return Holder(Purpose.REGISTER, str(pending.id))


def _holder_of(pending: PendingLogin) -> Holder:
    return Holder(Purpose.SECOND_STEP, str(pending.id))
