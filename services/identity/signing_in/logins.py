"""Signing in by password.

A known and an unknown account take the same path: the same queries, one hash, the same
answer. The password is hashed between two transactions, in neither.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from services.identity.mailed_links import MailedLinks
from services.identity.models.mailed_links import LinkKind
from services.identity.models.people import User
from services.identity.people import users
from services.identity.people.emails import normalise_or_empty
from services.identity.sessions import devices
from services.identity.sessions.addresses import normalise_address, site_of
from services.identity.signing_in import throttle
from services.identity.signing_in.password_checks import PasswordChecks
from services.identity.signing_in.second_step import SecondStep
from services.identity.signing_in.throttle import Attempt
from shared.contracts import identity
from shared.errors import ContractError, NotFound, Unauthenticated
from shared.rpc.call import Call
from shared.rpc.change import Change

log = structlog.get_logger()


@dataclass(frozen=True)
class Candidate:
    """The account that was named, and the hash its password is checked against."""

    user_id: UUID
    password_hash: str


@dataclass(frozen=True)
class Admitted:
    """An attempt that may be answered; ``candidate`` is None without an account.

    ``link`` is the token of the login link that it uses, or empty.
    """

    attempt: Attempt
    candidate: Candidate | None
    link: str = ""


class Logins:
    def __init__(
        self,
        checks: PasswordChecks,
        links: MailedLinks,
        second_step: SecondStep,
    ) -> None:
        self._checks = checks
        self._links = links
        self._second_step = second_step
        self._database = checks.database
        self._attempts = checks.attempts
        self.marks = second_step.marks

    def log_in(
        self, request: identity.signing_in.LogIn, call: Call
    ) -> identity.signing_in.LoggedIn:
        """Let in for the right password, or ask for the second factor; log the result.

        Raises:
            Unauthenticated: ``wrong_credentials``, be it the email or the password.
            Throttled: ``too_many_logins`` with ``retry_after_s``.
            Forbidden: ``no_company``.
            NotFound: ``link_used``, if that happened just now.
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
        admitted = self._admit(request, call.now)
        candidate = admitted.candidate
        kept = candidate.password_hash if candidate else None
        is_right = self._checks.is_right(request.password, kept)
        if candidate is None or not is_right:
            self._checks.count_failure(admitted.attempt, call.now)
            raise Unauthenticated("wrong_credentials")
        renewed = self._checks.renew(request.password, candidate.password_hash)
        return self._open(admitted, candidate, renewed, request, call)

    def _admit(self, request: identity.signing_in.LogIn, now: datetime) -> Admitted:
        """Find the account, and what the attempt counts for."""
        email = normalise_or_empty(request.email)
        with self._database.system() as db:
            user = users.find_user_by_email(db, email)
            candidate = Candidate(user.id, user.password_hash) if user else None
            admitted = self._place(db, request, email, candidate, now)
            throttle.refuse_when_throttled(db, admitted.attempt, now)
            return admitted

    def _place(
        self,
        db: Session,
        request: identity.signing_in.LogIn,
        email: str,
        candidate: Candidate | None,
        now: datetime,
    ) -> Admitted:
        """Count who comes with a login link or on a known device apart from others."""
        user_id = candidate.user_id if candidate else None
        if link_id := self._link_of(db, user_id, request.link, now):
            attempt = self._attempts.of_link(link_id)
            return Admitted(attempt, candidate, request.link)
        if device := devices.find_device(db, user_id, request.device, now):
            return Admitted(self._attempts.of_device(device.id), candidate)
        site = site_of(normalise_address(request.address))
        stranger = self._attempts.of_stranger(email or request.email, site)
        return Admitted(stranger, candidate)

    def _link_of(
        self, db: Session, user_id: UUID | None, token: str, now: datetime
    ) -> UUID | None:
        """Return the id of a login link of this user's that can be used."""
        if not token:
            return None
        try:
            link = self._links.find(db, LinkKind.LOG_IN, token, now)
        except NotFound:
            return None
        return link.id if link.user_id == user_id else None

    def _open(
        self,
        admitted: Admitted,
        candidate: Candidate,
        renewed_hash: str | None,
        request: identity.signing_in.LogIn,
        call: Call,
    ) -> identity.signing_in.LoggedIn:
        with self._database.system() as db:
            change = Change(db, self._checks.runtime, call)
            throttle.lock_answers(db)
            throttle.refuse_when_throttled(db, admitted.attempt, call.now)
            user = _lock_unchanged(db, candidate)
            user.password_hash = renewed_hash or user.password_hash
            throttle.clear_failures(db, admitted.attempt)
            if admitted.link:
                self._links.use(db, LinkKind.LOG_IN, admitted.link, call.now)
            return self._second_step.let_in_or_ask(change, user, request)


def _lock_unchanged(db: Session, candidate: Candidate) -> User:
    """Read the user again: the password may have been changed while we hashed."""
    user = db.get(User, candidate.user_id, with_for_update=True)
    if user is None or user.password_hash != candidate.password_hash:
        raise Unauthenticated("wrong_credentials")
    return user
