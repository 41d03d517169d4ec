"""The second step at log-in, and letting people in once nothing more is needed."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.orm import Session

from services.identity import memberships
from services.identity.factors import totp, two_factor
from services.identity.factors.codes import FactorSecrets, try_code
from services.identity.models.factors import PendingLogin
from services.identity.models.people import User
from services.identity.people import users
from services.identity.sessions import sessions
from services.identity.sessions.log_marks import Marks
from services.identity.sessions.sessions import Browser
from services.identity.signing_in import factor_resets, pending_logins
from shared.contracts import identity
from shared.db.database import Database
from shared.errors import ContractError, InvalidInput, Unauthenticated
from shared.principal import Strength
from shared.rpc.call import Call
from shared.rpc.change import Change
from shared.runtime import Runtime

log = structlog.get_logger()


@dataclass(frozen=True)
class SecondStep:
    """``is_required``: the provider lets nobody in without a second factor."""

    database: Database
    runtime: Runtime
    secrets: FactorSecrets
    signing_key: Ed25519PrivateKey
    marks: Marks
    is_required: bool

    def let_in_or_ask(
        self, change: Change, user: User, browser: Browser
    ) -> identity.signing_in.LoggedIn:
        """After the right password: open a session, or ask for the second factor.

        Raises:
            Forbidden: ``no_company``.
        """
        if user.two_factor_enabled or self.is_required:
            memberships.choose_first(memberships.of_user(change.db, user.id))
            pending = pending_logins.begin(change, user)
            self._log("second_step_asked", user, browser)
            return identity.signing_in.LoggedIn(pending=pending)
        session = self.let_in(change, user, browser, Strength.PASSWORD)
        return identity.signing_in.LoggedIn(session=session)

    def let_in(
        self, change: Change, user: User, browser: Browser, strength: Strength
    ) -> identity.signing_in.Session:
        """Open a session for somebody who has given all that is asked of them.

        Raises:
            Forbidden: ``no_company``.
        """
        db, now = change.db, change.call.now
        signed_in = sessions.open_session(change, user, browser, strength)
        self._log("signed_in", user, browser, session=str(signed_in.row.id))
        company = signed_in.company_for(None)
        return sessions.view(db, signed_in, company, self.signing_key, now)

    def finish(
        self, change: Change, pending: PendingLogin, user: User, browser: Browser
    ) -> identity.signing_in.Session:
        """End a pending log-in whose second factor was right, and let its user in."""
        pending.ended_at = change.call.now
        factor_resets.cancel(change, user.id)
        return self.let_in(change, user, browser, Strength.SECOND_FACTOR)

    def get_pending(
        self, token: str, now: datetime
    ) -> identity.signing_in.PendingLogin:
        """Return a pending log-in that is still open.

        Raises:
            Unauthenticated: ``pending_login_ended``.
        """
        with self.database.system() as db:
            return pending_logins.view(db, pending_logins.find(db, token, now), token)

    def answer(
        self, request: identity.second_step.AnswerSecondStep, call: Call
    ) -> identity.signing_in.Session:
        """Finish a log-in with a code; a wrong one is kept count of.

        Raises:
            Unauthenticated: ``pending_login_ended``.
            InvalidInput: ``wrong_code``.
            Throttled: ``too_many_codes``.
        """
        with self.database.system() as db:
            change = Change(db, self.runtime, call)
            pending, user = pending_logins.take(db, request.token, call.now)
            try:
                factor = try_code(change, self.secrets, user, request.code)
            except ContractError as refusal:
                self._log("second_step_refused", user, request, code=refusal.code)
                raise
            if factor is not None:
                return self.finish(change, pending, user, request)
            pending.wrong_codes += 1
            self._log("second_step_refused", user, request, code="wrong_code")
        raise InvalidInput("wrong_code")

    def propose_app(self, token: str, now: datetime) -> identity.factors.TotpProposal:
        """Propose an app's secret to somebody who must set a factor up to get in.

        Raises:
            Unauthenticated: ``pending_login_ended``.
        """
        with self.database.system() as db:
            pending = pending_logins.find(db, token, now)
            refuse_with_factor(db, pending)
            user = users.get_user(db, pending.user_id)
            return totp.propose(self.secrets.keys, user, self.runtime.random, now)

    def set_up_app(
        self, request: identity.second_step.SetUpTotpAtLogin, call: Call
    ) -> identity.second_step.SetUp:
        """Keep the first factor of somebody who must have one, and let them in.

        Raises:
            Unauthenticated: ``pending_login_ended``.
            InvalidInput: ``proposal_expired``, ``wrong_code``.
        """
        with self.database.system() as db:
            change = Change(db, self.runtime, call)
            pending, user = pending_logins.take(db, request.token, call.now)
            refuse_with_factor(db, pending)
            codes = two_factor.turn_on_app(
                change, self.secrets, user, request.proposal, request.code
            )
            session = self.finish(change, pending, user, request)
            return identity.second_step.SetUp(session=session, recovery_codes=codes)

    def _log(self, event: str, user: User, browser: Browser, **more: str) -> None:
        marks = self.marks.of(user.email, browser.address)
        log.info(event, account=marks.account, address=marks.address, **more)


def refuse_with_factor(db: Session, pending: PendingLogin) -> None:
    """Refuse to set up a factor instead of one that could be given.

    Raises:
        Unauthenticated: ``pending_login_ended``.
    """
    if two_factor.factors_of(db, pending.user_id):
        raise Unauthenticated("pending_login_ended")
