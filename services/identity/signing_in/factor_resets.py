"""Operators remove the factors of somebody who has lost them all.

The removal waits, and the person has a mail at once. So an impostor who persuades
support has to wait, too, and a log-in with a second factor cancels it.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.identity.factors import two_factor
from services.identity.models.factors import TwoFactorReset
from services.identity.models.people import User
from services.identity.notices.notify import Subject, notify
from services.identity.people import users
from services.identity.people.emails import normalise_or_empty
from services.identity.sessions import sessions
from shared.contracts import identity
from shared.contracts.identity.notices import NoticeKind
from shared.db.database import Database
from shared.errors import Conflict, NotFound
from shared.principal import system
from shared.rpc.call import Call
from shared.rpc.change import Change
from shared.runtime import Runtime
from shared.text import clean_reason

log = structlog.get_logger()

WAIT = timedelta(hours=24)
_AT_ONCE = 50


def ask(
    change: Change, request: identity.factors.ResetTwoFactor, wait: timedelta
) -> identity.factors.TwoFactorReset:
    """Note a reset, and tell the user.

    Raises:
        NotFound: ``no_such_user``.
        InvalidInput: ``reason_missing``, ``bad_reason``.
        Conflict: ``two_factor_is_off``, ``reset_waits_already``.
    """
    reason = clean_reason(request.reason, required=True)
    user = _find_user(change.db, request.email)
    if not user.two_factor_enabled:
        raise Conflict("two_factor_is_off")
    if waiting := find(change.db, user.id):
        due_at = waiting.due_at.isoformat()
        raise Conflict("reset_waits_already", "", {"due_at": due_at})
    now, call = change.call.now, change.call
    reset = TwoFactorReset(
        id=change.runtime.new_id(),
        user_id=user.id,
        reason=reason,
        operator=call.principal.name,
        asked_at=now,
        due_at=now + wait,
    )
    change.db.add(reset)
    parameters = {"due_at": reset.due_at.isoformat()}
    kind = NoticeKind.TWO_FACTOR_RESET_ASKED
    notify(change, user, Subject(kind, str(reset.id), parameters))
    log.info("two_factor_reset_asked", reset=str(reset.id))
    return identity.factors.TwoFactorReset(user_id=user.id, due_at=reset.due_at)


def find(db: Session, user_id: UUID) -> TwoFactorReset | None:
    """Return the reset that waits for this user, if any."""
    return db.scalars(
        select(TwoFactorReset).where(
            TwoFactorReset.user_id == user_id, TwoFactorReset.ended_at.is_(None)
        )
    ).one_or_none()


def cancel(change: Change, user_id: UUID) -> bool:
    """Cancel the user's reset; return whether one was waiting."""
    cancelled = change.db.scalars(
        update(TwoFactorReset)
        .where(TwoFactorReset.user_id == user_id, TwoFactorReset.ended_at.is_(None))
        .values(ended_at=change.call.now)
        .returning(TwoFactorReset.id)
    ).one_or_none()
    if cancelled:
        log.info("two_factor_reset_cancelled", reset=str(cancelled))
    return cancelled is not None


def cancel_by_email(change: Change, email: str) -> User:
    """Cancel the reset of the user with this email, and return them.

    Raises:
        NotFound: ``no_such_user``, ``no_reset_waits``.
    """
    user = _find_user(change.db, email)
    if not cancel(change, user.id):
        raise NotFound("no_reset_waits")
    return user


def do_due_resets(database: Database, runtime: Runtime, request_id: str) -> None:
    """Do the resets whose time has come."""
    now = runtime.clock.now()
    call = Call(system("two_factor_resets"), request_id, now)
    with database.system() as db:
        for reset in _due(db, now):
            change = Change(db, runtime, call)
            user = users.lock_user(db, reset.user_id)
            reset.ended_at = now
            two_factor.remove_all(change, user, by="support")
            sessions.end_sessions_of(change, user.id)
            log.info("two_factor_reset", reset=str(reset.id))


def _due(db: Session, now: datetime) -> list[TwoFactorReset]:
    due = (
        select(TwoFactorReset)
        .where(TwoFactorReset.ended_at.is_(None), TwoFactorReset.due_at <= now)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return list(db.scalars(due))


def _find_user(db: Session, email: str) -> User:
    user = users.find_user_by_email(db, normalise_or_empty(email))
    if user is None:
        raise NotFound("no_such_user")
    return users.lock_user(db, user.id)
