"""What operators see and do of users and companies."""

from datetime import datetime
from uuid import UUID

from shared.contract import Effect, Method, Request, Response
from shared.contracts.identity.companies import Company
from shared.contracts.identity.memberships import CompanyMembership
from shared.contracts.identity.name import NAME
from shared.contracts.identity.people import User, Verification
from shared.permissions import Permission


class ListUsers(Request, frozen=True, kw_only=True):
    """By email; those that begin with ``email``, after the email ``after``."""

    email: str = ""
    after: str = ""
    limit: int = 100


class ListedUser(Response, frozen=True, kw_only=True):
    user_id: UUID
    email: str
    name: str
    created_at: datetime
    last_login_at: datetime | None
    is_locked: bool


class ListedUsers(Response, frozen=True, kw_only=True):
    """``next`` is the email after which there are more, or None."""

    users: list[ListedUser]
    next: str | None


class ShowUser(Request, frozen=True, kw_only=True):
    email: str


class Terms(Response, frozen=True, kw_only=True):
    version: str
    accepted_at: datetime


class UserRecord(Response, frozen=True, kw_only=True):
    """A user as operators see them; ``lock_reason`` is theirs alone."""

    user: User
    created_at: datetime
    last_login_at: datetime | None
    locked_at: datetime | None
    lock_reason: str
    terms: list[Terms]
    memberships: list[CompanyMembership]
    verifications: list[Verification]
    open_sessions: int


class LockUser(Request, frozen=True, kw_only=True):
    """``reason`` is for operators; the person reads that they may ask support."""

    email: str
    reason: str


class UnlockUser(Request, frozen=True, kw_only=True):
    email: str


class LockCompany(Request, frozen=True, kw_only=True):
    """``reason`` is for operators."""

    company_id: UUID
    reason: str


class UnlockCompany(Request, frozen=True, kw_only=True):
    company_id: UUID


LIST_USERS = Method(NAME, "list_users", ListUsers, ListedUsers, Permission.OPERATE)
"""InvalidInput ``bad_limit`` with ``max_limit``."""

SHOW_USER = Method(NAME, "show_user", ShowUser, UserRecord, Permission.OPERATE)
"""NotFound ``no_such_user``."""

LOCK_USER = Method(NAME, "lock_user", LockUser, User, Permission.OPERATE, Effect.CHANGE)
"""Ends the user's sessions; every login is refused with ``account_locked``. NotFound
``no_such_user``; InvalidInput ``reason_missing``, ``bad_reason``."""

UNLOCK_USER = Method(
    NAME, "unlock_user", UnlockUser, User, Permission.OPERATE, Effect.CHANGE
)
"""NotFound ``no_such_user``; Conflict ``not_locked``."""

LOCK_COMPANY = Method(
    NAME, "lock_company", LockCompany, Company, Permission.OPERATE, Effect.CHANGE
)
"""Its people read, and change nothing; its services continue. NotFound
``no_such_company``; InvalidInput ``reason_missing``, ``bad_reason``; Conflict
``company_closed``."""

UNLOCK_COMPANY = Method(
    NAME, "unlock_company", UnlockCompany, Company, Permission.OPERATE, Effect.CHANGE
)
"""NotFound ``no_such_company``; Conflict ``not_locked``."""

METHODS = (
    LIST_USERS,
    SHOW_USER,
    LOCK_USER,
    UNLOCK_USER,
    LOCK_COMPANY,
    UNLOCK_COMPANY,
)
