"""People: their accounts and how far they are verified."""

from datetime import datetime
from enum import Enum
from uuid import UUID

from shared.contract import Effect, Method, Request, Response
from shared.contracts.identity.memberships import CompanyMembership
from shared.contracts.identity.name import NAME
from shared.permissions import Permission


class VerificationStep(Enum):
    EMAIL = "email"
    PHONE = "phone"
    IDENTITY_DOCUMENT = "identity_document"
    COMPANY_DOCUMENT = "company_document"


class VerificationState(Enum):
    NOT_STARTED = "not_started"
    PENDING = "pending"
    VERIFIED = "verified"
    REJECTED = "rejected"
    EXPIRED = "expired"


class User(Response, frozen=True, kw_only=True):
    """A person. ``time_zone`` is an IANA name, ``locale`` a BCP 47 tag.

    ``is_verified``: email, phone and identity document all are.
    """

    id: UUID
    email: str
    name: str
    locale: str
    time_zone: str
    two_factor_enabled: bool
    is_verified: bool

    @property
    def user_id(self) -> UUID:
        return self.id


class GetAccount(Request, frozen=True, kw_only=True):
    pass


class Verification(Response, frozen=True, kw_only=True):
    """A step: ``reason_code`` and an operator's own ``reason`` say why it is so.

    ``changed_at`` is None for a step that was never begun. From ``valid_until`` on, a
    verified step is expired.
    """

    step: VerificationStep
    state: VerificationState
    reason_code: str = ""
    reason: str = ""
    changed_at: datetime | None = None
    valid_until: datetime | None = None


class SetVerification(Request, frozen=True, kw_only=True):
    """The result of one of a user's own steps. They see ``reason``."""

    user_id: UUID
    step: VerificationStep
    state: VerificationState
    reason: str = ""


class Account(Response, frozen=True, kw_only=True):
    """What My Account shows. ``created_at`` and ``password_changed_at`` are UTC.

    ``awaited_email`` is a new one that has to be confirmed, or empty. ``phone`` is a
    verified number, as in E.164, or empty.
    """

    user: User
    created_at: datetime
    password_changed_at: datetime
    verifications: list[Verification]
    memberships: list[CompanyMembership]
    awaited_email: str = ""
    email_code_until: datetime | None = None
    """Until then, a link and a code that were mailed verify the present email."""
    phone: str = ""


class ChangeAccount(Request, frozen=True, kw_only=True):
    """A person's own details as a whole, as `User` has them."""

    name: str
    locale: str
    time_zone: str


class CreateUser(Request, frozen=True, kw_only=True):
    """``time_zone`` is an IANA name, ``locale`` a BCP 47 tag."""

    email: str
    name: str
    password: str
    locale: str = "en"
    time_zone: str = "UTC"
    email_verified: bool = False


GET_ACCOUNT = Method(NAME, "get_account", GetAccount, Account, Permission.READ_ACCOUNT)
CREATE_USER = Method(
    NAME,
    "create_user",
    CreateUser,
    User,
    Permission.OPERATE,
    Effect.CHANGE,
    carries_secret=True,
)
"""Conflict ``email_taken``; InvalidInput ``bad_email``, ``bad_name``,
``bad_time_zone``, ``bad_locale`` and the codes of `passwords.REFUSALS`."""

CHANGE_ACCOUNT = Method(
    NAME,
    "change_account",
    ChangeAccount,
    User,
    Permission.READ_ACCOUNT,
    Effect.ONCE,
)
"""InvalidInput ``bad_person_name``, ``bad_locale``, ``bad_time_zone``, each with
``field``; NotFound ``no_such_user``. Another name has to be verified again."""

SET_VERIFICATION = Method(
    NAME,
    "set_verification",
    SetVerification,
    Verification,
    Permission.OPERATE,
    Effect.CHANGE,
    recorded=("step", "state"),
)
"""NotFound ``no_such_user``; InvalidInput ``not_a_personal_step``, ``bad_reason``."""

METHODS = (
    GET_ACCOUNT,
    CREATE_USER,
    CHANGE_ACCOUNT,
    SET_VERIFICATION,
)
