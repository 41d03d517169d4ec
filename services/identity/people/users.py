"""Users: people with one email each."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.identity import memberships
from services.identity.models.mailed_links import LinkKind, MailedLink
from services.identity.models.people import User
from services.identity.people import verification
from services.identity.people.context_words import words_of, words_of_email
from services.identity.people.emails import normalise_email
from services.identity.places import check_locale, check_time_zone
from shared.contracts import identity
from shared.errors import Conflict, NotFound
from shared.rpc.change import Change
from shared.text import check_field, clean_line

MAX_NAME_LENGTH = 120


def create_user(
    change: Change,
    request: identity.people.CreateUser,
    user_id: UUID,
    keep_password: Callable[[str, frozenset[str]], str],
) -> identity.people.User:
    """Add a user without any company.

    ``keep_password`` checks and hashes a password, for a user with these context words.
    It is called inside the transaction, because the idempotency key must be claimed
    before anything is made of it, or gives the hash that was made before.

    Raises:
        Conflict: ``email_taken``.
        InvalidInput: as the contract lists.
    """
    now = change.call.now
    email = normalise_email(request.email)
    name = clean_line(request.name, MAX_NAME_LENGTH, code="bad_name", required=True)
    values = {
        "id": user_id,
        "email": email,
        "name": name,
        "locale": check_locale(request.locale),
        "time_zone": check_time_zone(request.time_zone),
        "password_hash": keep_password(
            request.password, words_of(name) | words_of_email(email)
        ),
        "password_changed_at": now,
        "created_at": now,
    }
    # ON CONFLICT rather than a look first: two creations at once end here.
    added = insert(User).values(values).on_conflict_do_nothing()
    user = change.db.scalar(added.returning(User))
    if user is None:
        raise Conflict("email_taken")
    if request.email_verified:
        step = identity.people.VerificationStep.EMAIL
        verification.mark_verified(change, user.id, step)
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


def lock_user(db: Session, user_id: UUID) -> User:
    """Read a user again, whom nobody else changes until the transaction ends.

    Raises:
        NotFound: ``no_such_user``.
    """
    user = db.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None:
        raise NotFound("no_such_user")
    return user


def find_user_by_email(db: Session, email: str) -> User | None:
    return db.scalar(select(User).where(User.email == email))


def context_words_of(db: Session, user: User) -> frozenset[str]:
    """Return the words that an attacker connects with a user: see `context_words`."""
    companies = [found.company_name for found in memberships.of_user(db, user.id)]
    return words_of(user.name, *companies) | words_of_email(user.email)


def get_account(
    db: Session, user_id: UUID, company_id: UUID | None, now: datetime
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
        awaited_email=_awaited_email(db, user_id, now),
        email_code_until=_email_code_until(db, user_id, now),
        phone=user.phone,
    )


def change_account(
    change: Change, user: User, request: identity.people.ChangeAccount
) -> identity.people.User:
    """Change a person's details; the user must be locked.

    Raises:
        InvalidInput: as the contract lists, with ``field``.
    """
    name = check_field("name", _person_name, request.name)
    locale = check_field("locale", check_locale, request.locale)
    time_zone = check_field("time_zone", check_time_zone, request.time_zone)
    if name != user.name:
        step = identity.people.VerificationStep.IDENTITY_DOCUMENT
        verification.put_back(change, user.id, step, "name_changed")
    user.name, user.locale, user.time_zone = name, locale, time_zone
    return view(user, is_verified=verification.is_verified(change.db, user.id))


def _person_name(text: str) -> str:
    return clean_line(text, MAX_NAME_LENGTH, code="bad_person_name", required=True)


def _awaited_email(db: Session, user_id: UUID, now: datetime) -> str:
    """Return the new email whose confirmation is awaited, or an empty text."""
    link = _awaited_link(db, user_id, LinkKind.CONFIRM_EMAIL, now)
    return link.parameters["new_email"] if link else ""


def _email_code_until(db: Session, user_id: UUID, now: datetime) -> datetime | None:
    link = _awaited_link(db, user_id, LinkKind.VERIFY_EMAIL, now)
    return link.expires_at if link else None


def _awaited_link(
    db: Session, user_id: UUID, kind: LinkKind, now: datetime
) -> MailedLink | None:
    return db.scalar(
        select(MailedLink).where(
            MailedLink.user_id == user_id,
            MailedLink.kind == kind,
            MailedLink.used_at.is_(None),
            MailedLink.expires_at > now,
        )
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
