"""Users as operators see them."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.identity import memberships
from services.identity.models.people import User
from services.identity.models.signing_in import LoginSession
from services.identity.models.signing_up import AcceptedTerms
from services.identity.people import users, verification
from services.identity.people.emails import normalise_or_empty
from services.identity.sessions.sessions import is_live
from shared.contracts.identity.accounts.operating import (
    ListedUser,
    ListedUsers,
    ListUsers,
    Terms,
    UserRecord,
)
from shared.db.paging import MAX_BATCH, check_limit
from shared.errors import NotFound
from shared.rpc.call import Call


def list_users(db: Session, request: ListUsers) -> ListedUsers:
    """List users by email; those who were erased have none.

    Raises:
        InvalidInput: ``bad_limit`` with ``max_limit``.
    """
    check_limit(request.limit, MAX_BATCH)
    beginning = request.email.strip().casefold()
    found = db.scalars(
        select(User)
        .where(
            User.erased_at.is_(None),
            User.email.startswith(beginning, autoescape=True),
            User.email > request.after,
        )
        .order_by(User.email)
        .limit(request.limit)
    ).all()
    is_full = len(found) == request.limit
    return ListedUsers(
        users=[_listed(user) for user in found],
        next=found[-1].email if is_full else None,
    )


def show_user(db: Session, email: str, call: Call) -> UserRecord:
    """Return what there is about the user with an email.

    Raises:
        NotFound: ``no_such_user``.
    """
    user = users.find_user_by_email(db, normalise_or_empty(email))
    if user is None:
        raise NotFound("no_such_user")
    terms = db.scalars(
        select(AcceptedTerms)
        .where(AcceptedTerms.user_id == user.id)
        .order_by(AcceptedTerms.accepted_at)
    )
    live = select(func.count()).where(
        LoginSession.user_id == user.id, *is_live(call.now)
    )
    is_verified = verification.is_verified(db, user.id)
    return UserRecord(
        user=users.view(user, is_verified=is_verified),
        created_at=user.created_at,
        last_login_at=user.last_login_at,
        locked_at=user.locked_at,
        lock_reason=user.lock_reason,
        terms=[
            Terms(version=each.version, accepted_at=each.accepted_at) for each in terms
        ],
        memberships=[each.view() for each in memberships.of_user(db, user.id)],
        verifications=verification.steps_of(db, user.id, None),
        open_sessions=db.scalar(live) or 0,
    )


def _listed(user: User) -> ListedUser:
    return ListedUser(
        user_id=user.id,
        email=user.email,
        name=user.name,
        created_at=user.created_at,
        last_login_at=user.last_login_at,
        is_locked=user.locked_at is not None,
    )
