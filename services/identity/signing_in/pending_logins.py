"""Log-ins that wait for their second step.

The browser holds 256 random bits, of which the database keeps the SHA-256. They open
nothing but the second step, for 10 minutes and five wrong codes.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services.identity.factors import two_factor
from services.identity.hashes import hash_token
from services.identity.models.factors import PendingLogin
from services.identity.models.people import User
from services.identity.people import users
from shared.contracts import identity
from shared.errors import Unauthenticated
from shared.rpc.change import Change

LIFETIME = timedelta(minutes=10)
MAX_WRONG_CODES = 5


def begin(change: Change, user: User) -> identity.signing_in.PendingLogin:
    """Begin one for a user who has given the right password."""
    token, now = change.runtime.new_token(), change.call.now
    row = PendingLogin(
        id=change.runtime.new_id(),
        token_hash=hash_token(token),
        user_id=user.id,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    change.db.add(row)
    return view(change.db, row, token)


def find(db: Session, token: str, now: datetime, *, lock: bool = False) -> PendingLogin:
    """Find one that is still open.

    Raises:
        Unauthenticated: ``pending_login_ended``, or there never was one.
    """
    which = select(PendingLogin).where(
        PendingLogin.token_hash == hash_token(token),
        PendingLogin.ended_at.is_(None),
        PendingLogin.expires_at > now,
        PendingLogin.wrong_codes < MAX_WRONG_CODES,
    )
    row = db.scalars(which.with_for_update() if lock else which).one_or_none()
    if row is None:
        raise Unauthenticated("pending_login_ended")
    return row


def take(db: Session, token: str, now: datetime) -> tuple[PendingLogin, User]:
    """Find one with its user, both locked: answers are taken one after the other.

    Raises:
        Unauthenticated: ``pending_login_ended``; also where the password was changed
            since.
    """
    row = find(db, token, now, lock=True)
    user = users.lock_user(db, row.user_id)
    if user.password_changed_at > row.created_at:
        raise Unauthenticated("pending_login_ended")
    return row, user


def view(
    db: Session, row: PendingLogin, token: str
) -> identity.signing_in.PendingLogin:
    return identity.signing_in.PendingLogin(
        token=token,
        expires_at=row.expires_at,
        factors=two_factor.factors_of(db, row.user_id),
    )


def forget_old(db: Session, now: datetime) -> None:
    """Delete those that can't be answered any more."""
    db.execute(delete(PendingLogin).where(PendingLogin.expires_at <= now))
