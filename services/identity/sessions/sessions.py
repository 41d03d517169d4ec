"""Sessions: a browser that is signed in, until it signs out, idles or grows old.

The browser holds 256 random bits; the database keeps their SHA-256, so that its reader
cannot act for anybody.
"""

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
from services.identity.hashes import hash_token
from services.identity.memberships import UsersCompany
from services.identity.models.people import User
from services.identity.models.signing_in import LoginSession
from services.identity.notices.listing import unread_count
from services.identity.notices.notify import Subject, notify
from services.identity.people import users, verification
from services.identity.recording import record_of
from services.identity.sessions import devices, principals
from services.identity.sessions.addresses import normalise_address, shorten
from services.identity.sessions.user_agents import read_user_agent
from shared.contracts import identity
from shared.contracts.identity.notices import NoticeKind
from shared.contracts.identity.renewed_session import RenewedSession
from shared.errors import NotFound, Unauthenticated
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

_ENDED_AT_ONCE = 500

_Found = tuple[LoginSession, User, int]
"""A session, its user and how many notices they have not read."""


class Browser(Protocol):
    """What the requests that sign in say of the browser they come from.

    ``device`` is the token of the device's cookie, or empty.
    """

    @property
    def address(self) -> str: ...

    @property
    def user_agent(self) -> str: ...

    @property
    def device(self) -> str: ...


@dataclass(frozen=True)
class SignedIn:
    """A live session, its user and the companies they may act for.

    ``device`` is the token of the device's cookie, after a login.
    """

    token: str
    row: LoginSession
    user: User
    companies: list[UsersCompany]
    unread_notices: int = 0
    device: str = ""

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

    All ways of logging in lead here. A device that is new to the user is told to them,
    but not the one with which they have just signed up.

    Raises:
        Forbidden: ``no_company``.
        Unauthenticated: ``login_blocked`` until the password is reset;
            ``account_locked`` until an operator unlocks it.
    """
    if user.locked_at is not None:
        raise Unauthenticated("account_locked")
    if user.blocked_at is not None:
        raise Unauthenticated("login_blocked")
    db, now = change.db, change.call.now
    companies = memberships.of_user(db, user.id)
    company_id = memberships.choose_first(companies).company_id
    device = devices.remember_device(change, user.id, browser.device)
    token = change.runtime.new_token()
    row = LoginSession(
        id=change.runtime.new_id(),
        token_hash=hash_token(token),
        user_id=user.id,
        company_id=company_id,
        device_id=device.id,
        strength=strength,
        address=normalise_address(browser.address),
        user_agent=_shorten(browser.user_agent),
        created_at=now,
        proved_at=now,
        last_seen_at=now,
    )
    db.add(row)
    user.last_login_at = now
    record_of(change, user, row.id)
    if device.is_new and user.created_at < now:
        _tell_of_new_device(change, user, row)
    return SignedIn(token, row, user, companies, device=device.token)


def _tell_of_new_device(change: Change, user: User, row: LoginSession) -> None:
    parameters = {
        "device": read_user_agent(row.user_agent).words,
        "network": shorten(row.address),
    }
    notify(change, user, Subject(NoticeKind.NEW_DEVICE, str(row.id), parameters))


def resume_session(
    db: Session, token: str, now: datetime, *, polling: bool
) -> SignedIn:
    """Find a live session and, unless ``polling``, note that it was seen.

    Raises:
        Unauthenticated: ``session_ended``, or there never was one; ``session_renewed``
            for the token that it had before its person's last proof.
    """
    found = _find_live(db, LoginSession.token_hash == hash_token(token), now)
    if found is None:
        earlier = LoginSession.earlier_token_hash == hash_token(token)
        was_renewed = _find_live(db, earlier, now) is not None
        raise Unauthenticated("session_renewed" if was_renewed else "session_ended")
    row, user, unread = found
    if not polling and row.last_seen_at <= now - SEEN_AT_MOST_EVERY:
        row.last_seen_at = now
    return SignedIn(token, row, user, memberships.of_user(db, user.id), unread)


def find_session(db: Session, token: str, now: datetime) -> tuple[LoginSession, User]:
    """Find a live session and its user, also by the token before the last proof.

    A person who sends a proof twice by accident has only that token the second time.

    Raises:
        Unauthenticated: ``session_ended``.
    """
    row, user, _unread = _find_by_any_token(db, token, now)
    return row, user


def renew_session(change: Change, token: str) -> SignedIn:
    """Give a session whose person has proved who they are a new token.

    The earlier one opens nothing any more (OWASP ASVS 5.0, 7.2.4).

    Raises:
        Unauthenticated: ``session_ended``.
    """
    db, now = change.db, change.call.now
    row, user, unread = _find_by_any_token(db, token, now)
    renewed = _renew(change, row)
    row.proved_at = row.last_seen_at = now
    return SignedIn(renewed, row, user, memberships.of_user(db, user.id), unread)


def _renew_own(change: Change, user: User) -> SignedIn:
    """Give the caller's session a new token: what protects the account has changed.

    Raises:
        Unauthenticated: ``session_ended``.
    """
    row = change.db.get(LoginSession, change.call.principal.session_id)
    if row is None or row.user_id != user.id:
        raise Unauthenticated("session_ended")
    companies = memberships.of_user(change.db, user.id)
    return SignedIn(_renew(change, row), row, user, companies)


def _renew(change: Change, row: LoginSession) -> str:
    change.db.refresh(row, with_for_update=True)
    if row.ended_at is not None:
        raise Unauthenticated("session_ended")
    token = change.runtime.new_token()
    row.earlier_token_hash = row.token_hash
    row.token_hash = hash_token(token)
    return token


def _find_by_any_token(db: Session, token: str, now: datetime) -> _Found:
    found = _find_live(db, _has_token(token), now)
    if found is None:
        raise Unauthenticated("session_ended")
    return found


def _find_live(db: Session, which: ColumnElement[bool], now: datetime) -> _Found | None:
    found = db.execute(
        select(LoginSession, User, unread_count(User.id))
        .join(User, User.id == LoginSession.user_id)
        .where(which, *is_live(now))
    ).one_or_none()
    return (found[0], found[1], found[2]) if found else None


def is_live(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that hold for sessions which have not ended."""
    return (
        LoginSession.ended_at.is_(None),
        LoginSession.created_at > now - ABSOLUTE_LIFETIME,
        LoginSession.last_seen_at > now - IDLE_LIFETIME,
    )


def _has_token(token: str) -> ColumnElement[bool]:
    token_hash = hash_token(token)
    return or_(
        LoginSession.token_hash == token_hash,
        LoginSession.earlier_token_hash == token_hash,
    )


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
    return _end(change, _has_token(token))


def end_sessions_of(change: Change, user_id: UUID, *, but: UUID = NOBODY_ID) -> int:
    """End all of a user's sessions, except the one with the id ``but``.

    Their devices are forgotten: the next login there is one from a new device.
    Returns how many sessions were ended.
    """
    devices.forget_devices(change.db, user_id, but=but)
    others = LoginSession.user_id == user_id, LoginSession.id != but
    return len(_end(change, *others))


def end_one_session(change: Change, user_id: UUID, session_id: UUID) -> None:
    """End one of a user's sessions, and forget its device.

    One that has ended stays ended.

    Raises:
        NotFound: ``no_such_session``; it is not the user's.
    """
    row = change.db.get(LoginSession, session_id)
    if row is None or row.user_id != user_id:
        raise NotFound("no_such_session")
    devices.forget_device(change.db, row.device_id)
    _end(change, LoginSession.id == session_id)


def end_some_sessions(change: Change) -> int:
    """End some of all people's sessions; return how many, which is none at last.

    Devices stay known: everybody signs in again where they were.
    """
    some = (
        select(LoginSession.id)
        .where(*is_live(change.call.now))
        .order_by(LoginSession.id)
        .limit(_ENDED_AT_ONCE)
    )
    return len(_end(change, LoginSession.id.in_(some)))


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


def renew_own_session(
    change: Change, user: User, signing_key: Ed25519PrivateKey
) -> RenewedSession:
    """Renew the caller's session, for the company that they act for."""
    signed_in = _renew_own(change, user)
    company = signed_in.company_for(change.call.principal.company_id)
    seen = view(change.db, signed_in, company, signing_key, change.call.now)
    return RenewedSession(token=seen.token, principal=seen.principal)


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
    principal = principals.of_user(user, company, signed_in.row, now)
    return identity.signing_in.Session(
        token=signed_in.token,
        user=users.view(user, is_verified=verified),
        company_id=company.company_id,
        memberships=[found.view() for found in signed_in.companies],
        principal=sign(principal, signing_key),
        principal_expires_at=principal.expires_at,
        unread_notices=signed_in.unread_notices,
        device=signed_in.device,
    )


def _shorten(user_agent: str) -> str:
    """Browsers send what they like: keep what can be shown, refuse nothing."""
    plain = filter(is_plain, user_agent[:MAX_USER_AGENT_LENGTH])
    return "".join(plain)
