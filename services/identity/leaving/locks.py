"""Locks: a user who can't log in, a company whose people only read."""

import structlog

from services.identity.companies import companies
from services.identity.models.people import User
from services.identity.people import users
from services.identity.people.emails import normalise_or_empty
from services.identity.sessions import sessions
from shared.contracts import identity
from shared.contracts.identity.accounts.operating import (
    LockCompany,
    LockUser,
    UnlockCompany,
)
from shared.errors import Conflict, NotFound
from shared.rpc.change import Change
from shared.text import clean_reason

log = structlog.get_logger()


def lock_user(change: Change, request: LockUser) -> User:
    """Refuse a user's logins, and end their sessions.

    Raises:
        NotFound: ``no_such_user``.
        InvalidInput: ``reason_missing``, ``bad_reason``.
    """
    reason = clean_reason(request.reason, required=True)
    user = find_and_lock(change, request.email)
    user.locked_at, user.lock_reason = change.call.now, reason
    sessions.end_sessions_of(change, user.id)
    log.info("user_locked", user=str(user.id))
    return user


def unlock_user(change: Change, email: str) -> User:
    """Let a user log in again.

    Raises:
        NotFound: ``no_such_user``.
        Conflict: ``not_locked``.
    """
    user = find_and_lock(change, email)
    if user.locked_at is None:
        raise Conflict("not_locked")
    user.locked_at, user.lock_reason = None, ""
    log.info("user_unlocked", user=str(user.id))
    return user


def find_and_lock(change: Change, email: str) -> User:
    """Return the user with an email, whom nobody else changes meanwhile.

    Raises:
        NotFound: ``no_such_user``.
    """
    user = users.find_user_by_email(change.db, normalise_or_empty(email))
    if user is None:
        raise NotFound("no_such_user")
    return users.lock_user(change.db, user.id)


def lock_company(change: Change, request: LockCompany) -> identity.companies.Company:
    """Leave a company's people nothing but reading.

    Raises:
        NotFound: ``no_such_company``.
        InvalidInput: ``reason_missing``, ``bad_reason``.
        Conflict: ``company_closed``.
    """
    reason = clean_reason(request.reason, required=True)
    company = companies.get_company(change.db, request.company_id, lock=True)
    if company.closed_at is not None:
        raise Conflict("company_closed")
    company.locked_at, company.lock_reason = change.call.now, reason
    company.version += 1
    log.info("company_locked", company=str(company.company_id))
    return companies.publish_change(change, company)


def unlock_company(
    change: Change, request: UnlockCompany
) -> identity.companies.Company:
    """Give a company's people back what their roles may.

    Raises:
        NotFound: ``no_such_company``.
        Conflict: ``not_locked``.
    """
    company = companies.get_company(change.db, request.company_id, lock=True)
    if company.locked_at is None:
        raise Conflict("not_locked")
    company.locked_at, company.lock_reason = None, ""
    company.version += 1
    log.info("company_unlocked", company=str(company.company_id))
    return companies.publish_change(change, company)
