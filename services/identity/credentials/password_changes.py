"""A new password for somebody who knows the current one.

Passwords are checked and hashed between transactions, in none.
"""

import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.identity.limits import Limit, Limits
from services.identity.mailed_links import end_links
from services.identity.models.mailed_links import LinkKind
from services.identity.models.people import User
from services.identity.notices.notify import Subject, notify
from services.identity.people import users
from services.identity.people.password_rules import PasswordRules
from services.identity.people.passwords import PasswordHashing
from services.identity.recording import record_of
from services.identity.sessions import sessions
from shared.contracts import identity
from shared.contracts.identity.notices import NoticeKind
from shared.contracts.identity.renewed_session import RenewedSession
from shared.db.database import Database
from shared.errors import Conflict, InvalidInput
from shared.rpc.call import Call
from shared.rpc.change import Change
from shared.runtime import Runtime

log = structlog.get_logger()

WRONG_PASSWORDS = Limit(
    "wrong current password", "too_many_passwords", 10, timedelta(minutes=15)
)
"""Per user and apart from logins: who has a session can't keep its owner from them."""


@dataclass(frozen=True)
class NewPasswords:
    """Checks passwords that are to be set, and hashes them."""

    rules: PasswordRules
    hashing: PasswordHashing
    runtime: Runtime

    def keep(self, password: str, words: frozenset[str]) -> str:
        """Return the hash to keep, for a user with these context words.

        Raises:
            InvalidInput: as `PasswordRules.check`.
        """
        self.runtime.offload(lambda: self.rules.check(password, words))
        return self.runtime.offload(lambda: self.hashing.keep(password))


@dataclass(frozen=True)
class _Owner:
    user_id: UUID
    password_hash: str
    words: frozenset[str]


class PasswordChanges:
    def __init__(
        self, database: Database, new_passwords: NewPasswords, limits: Limits
    ) -> None:
        self._database = database
        self._new_passwords = new_passwords
        self._limits = limits

    def change(
        self,
        call: Call,
        request: identity.passwords.ChangePassword,
        signing_key: Ed25519PrivateKey,
    ) -> RenewedSession:
        """Change the principal's password and end their other sessions.

        Raises:
            InvalidInput, Throttled, Conflict, NotFound: as the contract lists.
        """
        owner = self._read(call)
        self._check_current(owner, request.current)
        if _composed(request.new) == _composed(request.current):
            raise InvalidInput("password_same")
        kept = self._new_passwords.keep(request.new, owner.words)
        session_id = call.principal.session_id
        with self._database.system() as db:
            change = Change(db, self._new_passwords.runtime, call)
            user = users.lock_user(db, owner.user_id)
            if user.password_hash != owner.password_hash:
                raise Conflict("password_changed_meanwhile")
            set_password(change, user, kept)
            sessions.end_sessions_of(change, user.id, but=session_id)
            return sessions.renew_own_session(change, user, signing_key)

    def _read(self, call: Call) -> _Owner:
        """Return whose password it is, and count the attempt to name it."""
        with self._database.system() as db:
            user = users.get_user(db, call.principal.user_id)
            self._limits.take(db, WRONG_PASSWORDS, str(user.id), call.now)
            words = users.context_words_of(db, user)
            return _Owner(user.id, user.password_hash, words)

    def _check_current(self, owner: _Owner, password: str) -> None:
        hashing = self._new_passwords.hashing
        is_right = self._new_passwords.runtime.offload(
            lambda: hashing.matches(password, owner.password_hash)
        )
        if not is_right:
            raise InvalidInput("wrong_password")
        with self._database.system() as db:
            self._limits.clear(db, WRONG_PASSWORDS, str(owner.user_id))


def set_password(change: Change, user: User, kept: str) -> None:
    """Set a user's password hash, and tell them.

    Links to set another, or to change the email, are ended: somebody else may have
    asked for them. The user must be locked.
    """
    user.password_hash = kept
    user.password_changed_at = change.call.now
    record_of(change, user)
    end_links(change, user.id, LinkKind.RESET_PASSWORD, LinkKind.CONFIRM_EMAIL)
    cause = str(change.runtime.new_id())
    parameters = {"at": change.call.now.isoformat()}
    notify(change, user, Subject(NoticeKind.PASSWORD_CHANGED, cause, parameters))
    log.info("password_changed", user=str(user.id))


def _composed(password: str) -> str:
    return unicodedata.normalize("NFC", password)
