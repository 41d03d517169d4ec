"""Signing up: an email, then everything else by the link that is mailed to it."""

from datetime import datetime
from uuid import UUID

from shared.contract import Effect, Method, Nothing, Request, Response
from shared.contracts.identity.name import NAME
from shared.contracts.identity.signing_in import LoggedIn
from shared.permissions import Permission


class AskToSignUp(Request, frozen=True, kw_only=True):
    """``address`` is the browser's IP address; ``locale`` a BCP 47 tag for the mail."""

    email: str
    address: str
    locale: str = "en"


class FindSignUp(Request, frozen=True, kw_only=True):
    """``token`` is that of the mailed link."""

    token: str


class SignUpLink(Response, frozen=True, kw_only=True):
    """``terms_version`` is that of the terms which people accept now."""

    email: str
    expires_at: datetime
    terms_version: str


class SignUp(Request, frozen=True, kw_only=True):
    """A person and their first company, which they own.

    A private person's company has the person's name. ``country`` is ISO 3166-1
    alpha-2; the time zone is the most common one there. ``terms_version`` is that of
    the terms the person has accepted. The rest is as for logging in.
    """

    token: str
    name: str
    password: str
    is_business: bool
    company_name: str = ""
    country: str
    locale: str = "en"
    terms_version: str
    address: str
    user_agent: str = ""
    device: str = ""


class SignedUp(Response, frozen=True, kw_only=True):
    """The new company, and what logging in would have opened."""

    company_id: UUID
    logged_in: LoggedIn


ASK_TO_SIGN_UP = Method(
    NAME,
    "ask_to_sign_up",
    AskToSignUp,
    Nothing,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Sends a link, or tells the owner of an account that they have one: the answer is the
same, and takes the same time. Forbidden ``sign_up_is_off``; InvalidInput ``bad_email``;
Throttled ``too_many_sign_ups`` with ``retry_after_s``."""

FIND_SIGN_UP = Method(
    NAME, "find_sign_up", FindSignUp, SignUpLink, Permission.PUBLIC, carries_secret=True
)
"""Uses nothing up. Forbidden ``sign_up_is_off``; NotFound ``link_unknown``,
``link_used``, ``link_expired``."""

SIGN_UP = Method(
    NAME,
    "sign_up",
    SignUp,
    SignedUp,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
    recorded=("terms_version",),
)
"""The email counts as verified. Forbidden and NotFound as `FIND_SIGN_UP`; Conflict
``terms_changed_meanwhile``, ``email_taken``; InvalidInput ``bad_name`` with ``field``
(``name`` or ``company_name``), ``bad_country``, `passwords.REFUSALS`; Throttled
``too_many_passwords`` with ``retry_after_s``."""

METHODS = (ASK_TO_SIGN_UP, FIND_SIGN_UP, SIGN_UP)
