"""What identity offers: people, companies, memberships, sessions."""

from datetime import datetime
from enum import Enum
from uuid import UUID

from shared.contract import (
    Effect,
    Event,
    Method,
    Nothing,
    Request,
    Response,
    ServiceContract,
)
from shared.permissions import Permission

NAME = "identity"


class Role(Enum):
    OWNER = "owner"
    ADMIN = "admin"
    BILLING = "billing"
    TECHNICAL = "technical"
    VIEWER = "viewer"


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


class CompanyMembership(Response, frozen=True, kw_only=True):
    """A company the user belongs to, and in which role."""

    company_id: UUID
    company_name: str
    role: Role


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


class LogIn(Request, frozen=True, kw_only=True):
    """``address`` is the browser's IP address, for the throttle and the session."""

    email: str
    password: str
    address: str
    user_agent: str = ""


class Session(Response, frozen=True, kw_only=True):
    """A live session and the principal renewed with it.

    ``principal`` is the signed token for ``company_id``, valid until
    ``principal_expires_at``. ``memberships`` are all companies of the user, by name.
    """

    token: str
    user: User
    company_id: UUID
    memberships: list[CompanyMembership]
    principal: str
    principal_expires_at: datetime


class ResumeSession(Request, frozen=True, kw_only=True):
    """``company_id`` acts for that company without switching the session to it.

    ``polling`` requests neither extend the session nor count as seen.
    """

    token: str
    company_id: UUID | None = None
    polling: bool = False


class SwitchCompany(Request, frozen=True, kw_only=True):
    token: str
    company_id: UUID


class LogOut(Request, frozen=True, kw_only=True):
    token: str


class GetAccount(Request, frozen=True, kw_only=True):
    pass


class Verification(Response, frozen=True, kw_only=True):
    step: VerificationStep
    state: VerificationState
    reason: str = ""


class SetVerification(Request, frozen=True, kw_only=True):
    """What came of one of a user's own steps. ``reason`` is told to them."""

    user_id: UUID
    step: VerificationStep
    state: VerificationState
    reason: str = ""


class Account(Response, frozen=True, kw_only=True):
    """What My Account shows. ``created_at`` and ``password_changed_at`` are UTC."""

    user: User
    created_at: datetime
    password_changed_at: datetime
    verifications: list[Verification]
    memberships: list[CompanyMembership]


class Address(Response, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A postal address; ``country`` is ISO 3166-1 alpha-2."""

    street: str = ""
    postal_code: str = ""
    city: str = ""
    region: str = ""
    country: str


class GetCompany(Request, frozen=True, kw_only=True):
    pass


class Company(Response, frozen=True, kw_only=True):
    """A company's full state; also the body of ``company_changed``.

    ``version`` grows with each change; it is 0 in events from before there was one.
    """

    id: UUID
    name: str
    address: Address
    time_zone: str
    is_business: bool
    version: int = 0


class ChangeCompany(Request, frozen=True, kw_only=True):
    """What the company is to be from now on, as a whole.

    ``version`` is the one that was shown to whoever changes it.
    """

    version: int
    name: str
    address: Address
    time_zone: str
    is_business: bool


class ListMembers(Request, frozen=True, kw_only=True):
    pass


class Member(Response, frozen=True, kw_only=True):
    user_id: UUID
    name: str
    email: str
    role: Role
    two_factor_enabled: bool
    since: datetime


class Members(Response, frozen=True, kw_only=True):
    members: list[Member]


class CreateUser(Request, frozen=True, kw_only=True):
    """``time_zone`` is an IANA name, ``locale`` a BCP 47 tag."""

    email: str
    name: str
    password: str
    locale: str = "en"
    time_zone: str = "UTC"
    email_verified: bool = False


class CreateCompany(Request, frozen=True, kw_only=True):
    """The owner is a user that exists."""

    name: str
    address: Address
    owner_id: UUID
    time_zone: str = "UTC"
    is_business: bool = True


class AddMember(Request, frozen=True, kw_only=True):
    company_id: UUID
    user_id: UUID
    role: Role


class Membership(Response, frozen=True, kw_only=True):
    """A membership's full state; ``role`` is None once it has ended."""

    company_id: UUID
    user_id: UUID
    role: Role | None


class FindCompanies(Request, frozen=True, kw_only=True):
    """Companies of this exact name and this id, as far as given; at most 1000."""

    name: str | None = None
    company_id: UUID | None = None


class Companies(Response, frozen=True, kw_only=True):
    companies: list[Company]


class RepublishCompanies(Request, frozen=True, kw_only=True):
    """Send the present state of companies again, to rebuild others' projections."""

    after_company_id: UUID | None = None
    limit: int = 1000


class Republished(Response, frozen=True, kw_only=True):
    """``last_company_id`` is None when there were no more."""

    count: int
    last_company_id: UUID | None


class MintOperatorToken(Request, frozen=True, kw_only=True):
    """``assertion`` is a JWT that the operator's local key signed for a name.

    Its claims are ``name``, ``iat`` and ``exp``, at most 60 seconds after ``iat``; the
    algorithm is EdDSA.

    ``company_id`` lets the operator use customers' methods for one company.
    """

    assertion: str
    company_id: UUID | None = None


class OperatorToken(Response, frozen=True, kw_only=True):
    principal: str
    expires_at: datetime


LOG_IN = Method(
    NAME,
    "log_in",
    LogIn,
    Session,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Unauthenticated ``wrong_credentials``; Throttled ``too_many_logins`` with
``retry_after_s``; Forbidden ``no_company`` when the user belongs to none."""

RESUME_SESSION = Method(
    NAME,
    "resume_session",
    ResumeSession,
    Session,
    Permission.PUBLIC,
    carries_secret=True,
)
"""Unauthenticated ``session_ended``; NotFound ``no_such_company``; Forbidden
``no_company``."""

SWITCH_COMPANY = Method(
    NAME,
    "switch_company",
    SwitchCompany,
    Session,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Unauthenticated ``session_ended``; NotFound ``no_such_company``."""

LOG_OUT = Method(
    NAME,
    "log_out",
    LogOut,
    Nothing,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Ends the session; one that has ended already is fine."""

GET_ACCOUNT = Method(NAME, "get_account", GetAccount, Account, Permission.READ_ACCOUNT)
GET_COMPANY = Method(NAME, "get_company", GetCompany, Company, Permission.READ_COMPANY)
CHANGE_COMPANY = Method(
    NAME,
    "change_company",
    ChangeCompany,
    Company,
    Permission.MANAGE_COMPANY,
    Effect.CHANGE,
)
"""Conflict ``company_changed_meanwhile``, when it is another version by now;
InvalidInput ``bad_name``, ``bad_address``, ``bad_country``, ``bad_time_zone``,
``time_zone_changed_lately``, each with ``field``: ``name``, ``time_zone``, or one of
the address's."""
LIST_MEMBERS = Method(
    NAME, "list_members", ListMembers, Members, Permission.READ_COMPANY
)
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
``bad_time_zone``, ``bad_locale``, ``password_too_short`` with ``min_length``,
``password_too_long`` with ``max_length``."""

SET_VERIFICATION = Method(
    NAME,
    "set_verification",
    SetVerification,
    Verification,
    Permission.OPERATE,
    Effect.CHANGE,
)
"""NotFound ``no_such_user``; InvalidInput ``not_a_personal_step``, ``bad_reason``."""

CREATE_COMPANY = Method(
    NAME, "create_company", CreateCompany, Company, Permission.OPERATE, Effect.CHANGE
)
"""NotFound ``no_such_user``; InvalidInput as `CHANGE_COMPANY`."""

ADD_MEMBER = Method(
    NAME, "add_member", AddMember, Membership, Permission.OPERATE, Effect.CHANGE
)
"""NotFound ``no_such_user``, ``no_such_company``; Conflict ``already_member``."""

FIND_COMPANIES = Method(
    NAME, "find_companies", FindCompanies, Companies, Permission.OPERATE
)
REPUBLISH_COMPANIES = Method(
    NAME,
    "republish_companies",
    RepublishCompanies,
    Republished,
    Permission.OPERATE,
    Effect.CHANGE,
)
"""InvalidInput ``bad_limit`` with ``max_limit``."""

MINT_OPERATOR_TOKEN = Method(
    NAME,
    "mint_operator_token",
    MintOperatorToken,
    OperatorToken,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Unauthenticated ``assertion_forged``, ``assertion_expired``; NotFound
``no_such_company``."""

COMPANY_CHANGED = Event(NAME, "company_changed", Company)
MEMBERSHIP_CHANGED = Event(NAME, "membership_changed", Membership)

CONTRACT = ServiceContract(
    name=NAME,
    methods=(
        LOG_IN,
        RESUME_SESSION,
        SWITCH_COMPANY,
        LOG_OUT,
        GET_ACCOUNT,
        GET_COMPANY,
        CHANGE_COMPANY,
        LIST_MEMBERS,
        CREATE_USER,
        SET_VERIFICATION,
        CREATE_COMPANY,
        ADD_MEMBER,
        FIND_COMPANIES,
        REPUBLISH_COMPANIES,
        MINT_OPERATOR_TOKEN,
    ),
    events=(COMPANY_CHANGED, MEMBERSHIP_CHANGED),
)
