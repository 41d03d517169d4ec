"""A new password for somebody who has forgotten theirs, by a mailed link.

A request is only noted, with the same statements whether somebody has the email or
not; a job makes the links. So neither the answer nor its time tells who has an account.
Setting the password opens no session: logging in asks for the second factor as always.
"""

import threading
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from services.identity.credentials.password_changes import NewPasswords, set_password
from services.identity.limits import Limit, Limits
from services.identity.mailed_links import MailedLinks, has_new_link, make_link
from services.identity.models.mailed_links import LinkKind
from services.identity.models.people import User
from services.identity.models.signing_in import ResetRequest
from services.identity.notices.notify import Subject, notify
from services.identity.people import users
from services.identity.people.emails import normalise_or_empty
from services.identity.sessions import sessions
from services.identity.sessions.addresses import normalise_address, site_of
from services.identity.sessions.log_marks import Marks
from shared.contracts import identity
from shared.contracts.identity.notices import NoticeKind
from shared.db.database import Database
from shared.errors import ContractError
from shared.rpc.call import Call
from shared.rpc.change import Change

log = structlog.get_logger()

LINK_LIFETIME = timedelta(minutes=10)
"""OWASP ASVS 5.0, 6.5.5."""
_HOUR = timedelta(hours=1)
PER_ADDRESS = Limit("reset from address", "too_many_resets", 30, _HOUR)
"""Higher, because an office shares one address."""
PER_LINK = Limit("reset by link", "too_many_passwords", 20, LINK_LIFETIME)
"""Passwords that are refused don't use up the link."""

_BATCH = 100


class Resets:
    """``waiting`` is set when there are requests to answer."""

    def __init__(
        self,
        database: Database,
        new_passwords: NewPasswords,
        limits: Limits,
        links: MailedLinks,
        marks: Marks,
    ) -> None:
        self.waiting = threading.Event()
        self._database = database
        self._new_passwords = new_passwords
        self._limits = limits
        self._links = links
        self._marks = marks

    def ask(self, call: Call, request: identity.passwords.AskForReset) -> None:
        """Note that somebody wants a new password.

        Raises:
            Throttled: ``too_many_resets`` with ``retry_after_s``.
        """
        marks = self._marks.of(request.email, request.address)
        who = {"account": marks.account, "address": marks.address}
        try:
            self._note(request, call.now)
        except ContractError as refusal:
            log.info("reset_refused", code=refusal.code, **who)
            raise
        log.info("reset_asked", **who)
        self.waiting.set()

    def send_links(self, call: Call) -> None:
        """Answer the waiting requests; safe to run in several instances at once."""
        while self._send_some(call) == _BATCH:
            pass

    def find(self, token: str, now: datetime) -> identity.passwords.Reset:
        """Return whose password a link sets.

        Raises:
            NotFound: as `MailedLinks.find`.
        """
        with self._database.system() as db:
            link = self._links.find(db, LinkKind.RESET_PASSWORD, token, now)
            user = users.get_user(db, link.owner_id)
            return identity.passwords.Reset(
                email=user.email, expires_at=link.expires_at
            )

    def reset(self, call: Call, request: identity.passwords.ResetPassword) -> None:
        """Set the password of the link's user and end all their sessions.

        Raises:
            NotFound, InvalidInput, Throttled: as the contract lists.
        """
        kind, token, now = LinkKind.RESET_PASSWORD, request.token, call.now
        with self._database.system() as db:
            link = self._links.find(db, kind, token, now)
            self._limits.take(db, PER_LINK, str(link.id), now)
            user = users.get_user(db, link.owner_id)
            user_id, words = user.id, users.context_words_of(db, user)
        kept = self._new_passwords.keep(request.new, words)
        with self._database.system() as db:
            change = Change(db, self._new_passwords.runtime, call)
            # Locked before the link, as all who set a password do.
            user = users.lock_user(db, user_id)
            self._links.use(db, kind, token, now)
            set_password(change, user, kept)
            user.blocked_at = None
            sessions.end_sessions_of(change, user_id)

    def _note(self, request: identity.passwords.AskForReset, now: datetime) -> None:
        email = normalise_or_empty(request.email)
        site = site_of(normalise_address(request.address))
        found = select(User.id).where(User.email == email).scalar_subquery()
        values = {
            "id": self._new_passwords.runtime.new_id(),
            "user_id": found,
            "asked_at": now,
        }
        with self._database.system() as db:
            self._limits.take(db, PER_ADDRESS, site, now)
            db.execute(insert(ResetRequest).values(values))

    def _send_some(self, call: Call) -> int:
        with self._database.system() as db:
            change = Change(db, self._new_passwords.runtime, call)
            waiting = _take_waiting(db)
            for request in waiting:
                user_id, kind = request.user_id, LinkKind.RESET_PASSWORD
                if user_id and not has_new_link(change, user_id, kind):
                    _send_link(change, users.get_user(db, user_id))
            return len(waiting)


def _take_waiting(db: Session) -> list[ResetRequest]:
    """Remove waiting requests that no other instance answers."""
    some = (
        select(ResetRequest.id)
        .order_by(ResetRequest.asked_at)
        .limit(_BATCH)
        .with_for_update(skip_locked=True)
    )
    taken = delete(ResetRequest).where(ResetRequest.id.in_(some))
    return list(db.scalars(taken.returning(ResetRequest)))


def _send_link(change: Change, user: User) -> None:
    link = make_link(change, LinkKind.RESET_PASSWORD, user.id, LINK_LIFETIME)
    parameters = {"link_id": str(link.id), "expires_at": link.expires_at.isoformat()}
    asked = NoticeKind.PASSWORD_RESET_ASKED
    notify(change, user, Subject(asked, str(link.id), parameters))
