"""Users: people with one email each."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.identity import memberships
from services.identity.models.people import User
from services.identity.people import verification
from services.identity.people.emails import normalise_email
from services.identity.people.passwords import check_password
from services.identity.places import check_locale, check_time_zone
from shared.contracts import identity
from shared.errors import Conflict, NotFound
from shared.text import clean_line

MAX_NAME_LENGTH = 120


def create_user(
    db: Session,
    request: identity.people.CreateUser,
    user_id: UUID,
    hash_password: Callable[[str], str],
    now: datetime,
) -> identity.people.User:
    """Add a user without any company.

    ``hash_password`` is called inside the transaction, because the idempotency key
    must be claimed before anything is made of it. Only operators come here.

    Raises:
        Conflict: ``email_taken``.
        InvalidInput: as the contract lists.
    """
    check_password(request.password)
    values = {
        "id": user_id,
        "email": normalise_email(request.email),
        "name": clean_line(
            request.name, MAX_NAME_LENGTH, code="bad_name", required=True
        ),
        "locale": check_locale(request.locale),
        "time_zone": check_time_zone(request.time_zone),
        "password_hash": hash_password(request.password),
        "password_changed_at": now,
        "created_at": now,
    }
    # ON CONFLICT rather than a look first: two creations at once end here.
    added = insert(User).values(values).on_conflict_do_nothing()
    user = db.scalar(added.returning(User))
    if user is None:
        raise Conflict("email_taken")
    if request.email_verified:
        step = identity.people.VerificationStep.EMAIL
        verification.mark_verified(db, user.id, step, now)
    return view(user, is_verified=False)


def get_user(db: Session, user_id: UUID) -> User:
    """Read a user.

    Raises:
        NotFound: ``no_such_user``.
    """
    user = db.get(User, user_id)
    if user is None:
        raise NotFound("no_such_user")
    return user


def find_user_by_email(db: Session, email: str) -> User | None:
    return db.scalar(select(User).where(User.email == email))


def get_account(
    db: Session, user_id: UUID, company_id: UUID | None
) -> identity.people.Account:
    """What My Account shows: the person, their steps and their companies.

    Raises:
        NotFound: ``no_such_user``; operators have no account.
    """
    user = get_user(db, user_id)
    return identity.people.Account(
        user=view(user, is_verified=verification.is_verified(db, user_id)),
        created_at=user.created_at,
        password_changed_at=user.password_changed_at,
        verifications=verification.steps_of(db, user_id, company_id),
        memberships=[found.view() for found in memberships.of_user(db, user_id)],
    )


def view(user: User, *, is_verified: bool) -> identity.people.User:
    return identity.people.User(
        id=user.id,
        email=user.email,
        name=user.name,
        locale=user.locale,
        time_zone=user.time_zone,
        two_factor_enabled=user.two_factor_enabled,
        is_verified=is_verified,
    )
