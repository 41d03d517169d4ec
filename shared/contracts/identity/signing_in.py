"""Signing in: sessions of people, tokens of operators."""

from datetime import datetime
from uuid import UUID

from shared.contract import Effect, Event, Method, Nothing, Request, Response
from shared.contracts.identity.factors import Factor
from shared.contracts.identity.memberships import CompanyMembership
from shared.contracts.identity.name import NAME
from shared.contracts.identity.people import User, VerificationStep
from shared.permissions import Permission


class LogIn(Request, frozen=True, kw_only=True):
    """``address`` is the browser's IP address, for the throttle and the session.

    ``device`` is the token of the device's cookie, and ``link`` that of a login link
    (see `login_links`); each may be empty.
    """

    email: str
    password: str
    address: str
    user_agent: str = ""
    device: str = ""
    link: str = ""


class Protection(Response, frozen=True, kw_only=True):
    """How well a person's account is protected, and for owners and admins their people.

    ``verified`` are the steps that the person and the company have passed,
    ``to_verify`` those that are left, in their order.
    ``recovery_codes_left`` is None without a second factor. ``members`` counts the
    company's people, and ``unprotected`` names the others without a second factor;
    both are empty for people who don't manage members.
    """

    verified: list[VerificationStep]
    to_verify: list[VerificationStep]
    recovery_codes_left: int | None
    members: int
    unprotected: list[str]


class Session(Response, frozen=True, kw_only=True):
    """A live session and the principal renewed with it.

    ``principal`` is the signed token for ``company_id``, valid until
    ``principal_expires_at``. ``memberships`` are all companies of the user, by name.
    ``protection`` is there if it was asked for.
    ``unread_notices`` is at most `shared.contracts.identity.notices.MOST_COUNTED`.
    ``device`` is the token for the device's cookie, after a login.
    """

    token: str
    user: User
    company_id: UUID
    memberships: list[CompanyMembership]
    principal: str
    principal_expires_at: datetime
    unread_notices: int = 0
    protection: Protection | None = None
    device: str = ""


class PendingLogin(Response, frozen=True, kw_only=True):
    """A log-in that a right password began and a second factor has to finish.

    ``token`` is good for nothing else, and for the browser that it is given to.
    ``factors`` are the person's own; without any, they have to set one up first.
    """

    token: str
    expires_at: datetime
    factors: list[Factor]


class LoggedIn(Response, frozen=True, kw_only=True):
    """What a right password opens: a session, or a log-in that waits for a factor."""

    session: Session | None = None
    pending: PendingLogin | None = None


class ResumeSession(Request, frozen=True, kw_only=True):
    """``company_id`` acts for that company without switching the session to it.

    ``polling`` requests neither extend the session nor count as seen.
    """

    token: str
    company_id: UUID | None = None
    polling: bool = False
    with_protection: bool = False


class SwitchCompany(Request, frozen=True, kw_only=True):
    token: str
    company_id: UUID


class LogOut(Request, frozen=True, kw_only=True):
    token: str


class RevokedSession(Response, frozen=True, kw_only=True):
    """A session that has ended before its time; its principals are good no more."""

    session_id: UUID
    user_id: UUID


ASSERTION_AUDIENCE = "client-area/identity"
"""What an operator's assertion is for, and nothing else that the key may sign."""


class MintOperatorToken(Request, frozen=True, kw_only=True):
    """``assertion`` is a JWT that the operator's local key signed for a name.

    Its claims are ``name``, ``aud`` (`ASSERTION_AUDIENCE`), ``jti`` (a new one each
    time: an assertion is taken once), ``iat`` and ``exp``, at most 60 seconds after
    ``iat``; the algorithm is EdDSA. With ``login_name`` true, the name is only that of
    the operator's login: customers read "Support" and not the name.

    ``company_id`` lets the operator use customers' methods for one company.
    """

    assertion: str
    company_id: UUID | None = None


class GetLogMarks(Request, frozen=True, kw_only=True):
    """An email and an IP address of a login; either may be left out."""

    email: str = ""
    address: str = ""


class LogMarks(Response, frozen=True, kw_only=True):
    """How identity's log names an account and where it was signed in to from.

    They are keyed hashes: the log alone tells nothing of either. Of IPv6, all addresses
    of a /64 have one mark. Empty where nothing was asked for.
    """

    account: str = ""
    address: str = ""


class OperatorToken(Response, frozen=True, kw_only=True):
    principal: str
    expires_at: datetime


LOG_IN = Method(
    NAME,
    "log_in",
    LogIn,
    LoggedIn,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Unauthenticated ``wrong_credentials`` and, after "This wasn't me" until the password
is reset, ``login_blocked``; Throttled ``too_many_logins`` with ``retry_after_s``;
Forbidden ``no_company`` when the user belongs to none; NotFound ``link_used``."""

RESUME_SESSION = Method(
    NAME,
    "resume_session",
    ResumeSession,
    Session,
    Permission.PUBLIC,
    carries_secret=True,
)
"""Unauthenticated ``session_ended``, or ``session_renewed`` with the token from before
the last proof; NotFound ``no_such_company``; Forbidden ``no_company``."""

SWITCH_COMPANY = Method(
    NAME,
    "switch_company",
    SwitchCompany,
    Session,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
    recorded=("company_id",),
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

MINT_OPERATOR_TOKEN = Method(
    NAME,
    "mint_operator_token",
    MintOperatorToken,
    OperatorToken,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
    recorded=("company_id",),
)
"""Unauthenticated ``assertion_forged`` (also one that was taken before),
``assertion_expired``; NotFound
``no_such_company``."""

GET_LOG_MARKS = Method(NAME, "get_log_marks", GetLogMarks, LogMarks, Permission.OPERATE)

SESSION_REVOKED = Event(NAME, "session_revoked", RevokedSession)
"""``company_id`` is the company that the session acted for last."""

METHODS = (
    LOG_IN,
    RESUME_SESSION,
    SWITCH_COMPANY,
    LOG_OUT,
    MINT_OPERATOR_TOKEN,
    GET_LOG_MARKS,
)
EVENTS = (SESSION_REVOKED,)
