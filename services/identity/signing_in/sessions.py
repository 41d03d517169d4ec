"""Sessions: a browser that is signed in, until it signs out, idles or grows old.

The browser holds 256 random bits; the database keeps their SHA-256, so that its reader
cannot act for anybody.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from services.identity import memberships
from services.identity.memberships import UsersCompany
from services.identity.models.people import User
from services.identity.models.signing_in import LoginSession
from services.identity.notices.listing import unread_count
from services.identity.people import users, verification
from services.identity.recording import record_of
from services.identity.signing_in import principals
from services.identity.signing_in.throttle import normalise_address
from shared.contracts import identity
from shared.errors import Unauthenticated
from shared.principal import NOBODY_ID, Strength, sign
from shared.rpc.change import Change
from shared.text import is_plain

log = structlog.get_logger()

IDLE_LIFETIME = timedelta(hours=2)
ABSOLUTE_LIFETIME = timedelta(hours=24)
SEEN_AT_MOST_EVERY = timedelta(minutes=1)
"""Saves a write per page; a session may thus end up to a minute early."""
KEPT_AFTER_END = timedelta(days=30)
MAX_USER_AGENT_LENGTH = 300


class Browser(Protocol):
    """What the requests that sign in say of the browser they come from."""

    @property
    def address(self) -> str: ...

    @property
    def user_agent(self) -> str: ...


@dataclass(frozen=True)
class SignedIn:
    """A live session, its user and the companies they may act for."""

    token: str
    row: LoginSession
    user: User
    companies: list[UsersCompany]
    unread_notices: int = 0

    def company_for(self, wanted: UUID | None) -> UsersCompany:
        """The company to act for: the one wanted, else the session's current one.

        When the user has left that one since, it is one they still belong to.

        Raises:
            NotFound: ``no_such_company``.
            Forbidden: ``no_company``.
        """
        if wanted is not None:
            return memberships.choose(self.companies, wanted)
        for company in self.companies:
            if company.company_id == self.row.company_id:
                return company
        return memberships.choose_first(self.companies)


def open_session(
    change: Change, user: User, browser: Browser, strength: Strength
) -> SignedIn:
    """Sign a user in, for the company they have belonged to for longest.

    All ways of logging in lead here.

    Raises:
        Forbidden: ``no_company``.
        Unauthenticated: ``login_blocked`` until the password is reset.
    """
    if user.blocked_at is not None:
        raise Unauthenticated("login_blocked")
    companies = memberships.of_user(change.db, user.id)
    token, now = change.runtime.new_token(), change.call.now
    row = LoginSession(
        id=change.runtime.new_id(),
        token_hash=_hash(token),
        user_id=user.id,
        company_id=memberships.choose_first(companies).company_id,
        strength=strength,
        address=normalise_address(browser.address),
        user_agent=_shorten(browser.user_agent),
        created_at=now,
        proved_at=now,
        last_seen_at=now,
    )
    change.db.add(row)
    record_of(change, user, row.id)
    return SignedIn(token, row, user, companies)


def resume_session(
    db: Session, token: str, now: datetime, *, polling: bool
) -> SignedIn:
    """Find a live session and, unless ``polling``, note that it was seen.

    Raises:
        Unauthenticated: ``session_ended``, or there never was one.
    """
    found = db.execute(
        select(LoginSession, User, unread_count(User.id))
        .join(User, User.id == LoginSession.user_id)
        .where(
            LoginSession.token_hash == _hash(token),
            LoginSession.ended_at.is_(None),
            LoginSession.created_at > now - ABSOLUTE_LIFETIME,
            LoginSession.last_seen_at > now - IDLE_LIFETIME,
        )
    ).one_or_none()
    if found is None:
        raise Unauthenticated("session_ended")
    row, user, unread = found
    if not polling and row.last_seen_at <= now - SEEN_AT_MOST_EVERY:
        row.last_seen_at = now
    return SignedIn(token, row, user, memberships.of_user(db, user.id), unread)


def switch_company(signed_in: SignedIn, company_id: UUID) -> UsersCompany:
    """Make another company of the user's the session's current one.

    Raises:
        NotFound: ``no_such_company``.
    """
    company = memberships.choose(signed_in.companies, company_id)
    signed_in.row.company_id = company.company_id
    return company


def end_session(change: Change, token: str) -> Sequence[LoginSession]:
    """End a session and publish it; do nothing if it has ended or never existed.

    Returns it, if it was ended now.
    """
    return _end(change, LoginSession.token_hash == _hash(token))


def end_sessions_of(change: Change, user_id: UUID, *, but: UUID = NOBODY_ID) -> None:
    """End all of a user's sessions, except the one with the id ``but``."""
    _end(change, LoginSession.user_id == user_id, LoginSession.id != but)


def _end(change: Change, *which: ColumnElement[bool]) -> Sequence[LoginSession]:
    ended = change.db.scalars(
        update(LoginSession)
        .where(LoginSession.ended_at.is_(None), *which)
        .values(ended_at=change.call.now)
        .returning(LoginSession)
    ).all()
    for session in ended:
        log.info("signed_out", session=str(session.id))
        change.emit(
            identity.signing_in.SESSION_REVOKED,
            identity.signing_in.RevokedSession(
                session_id=session.id, user_id=session.user_id
            ),
            company_id=session.company_id,
            version=1,
        )
    return ended


def forget_old_sessions(db: Session, now: datetime) -> None:
    """Delete sessions that ended, or were last seen, more than 30 days ago."""
    long_ago = now - KEPT_AFTER_END
    ended = LoginSession.ended_at < long_ago
    unseen = LoginSession.last_seen_at < long_ago
    db.execute(delete(LoginSession).where(or_(ended, unseen)))


def view(
    db: Session,
    signed_in: SignedIn,
    company: UsersCompany,
    signing_key: Ed25519PrivateKey,
    now: datetime,
) -> identity.signing_in.Session:
    """Return the session's view, with a principal for ``company``."""
    user = signed_in.user
    verified = verification.is_verified(db, user.id)
    principal = principals.of_user(
        user, company, signed_in.row, now, is_verified=verified
    )
    return identity.signing_in.Session(
        token=signed_in.token,
        user=users.view(user, is_verified=verified),
        company_id=company.company_id,
        memberships=[found.view() for found in signed_in.companies],
        principal=sign(principal, signing_key),
        principal_expires_at=principal.expires_at,
        unread_notices=signed_in.unread_notices,
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _shorten(user_agent: str) -> str:
    """Browsers send what they like: keep what can be shown, refuse nothing."""
    plain = filter(is_plain, user_agent[:MAX_USER_AGENT_LENGTH])
    return "".join(plain)
