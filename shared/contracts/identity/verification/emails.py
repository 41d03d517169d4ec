"""Verifying the email that one logs in with, by a mailed link or its code."""

from datetime import datetime

from shared.contract import Effect, Method, Nothing, Request, Response
from shared.contracts.identity.name import NAME
from shared.permissions import Permission


class AskToVerifyEmail(Request, frozen=True, kw_only=True):
    pass


class AwaitedEmail(Response, frozen=True, kw_only=True):
    """Where the mail went; its link and its code are valid until ``until``."""

    email: str
    until: datetime


class VerifyEmail(Request, frozen=True, kw_only=True):
    """``code`` has six digits, and may have blanks."""

    code: str


class EmailLink(Request, frozen=True, kw_only=True):
    """``token`` is that of the mailed link."""

    token: str


class VerifiedEmail(Response, frozen=True, kw_only=True):
    email: str


ASK_TO_VERIFY_EMAIL = Method(
    NAME,
    "ask_to_verify_email",
    AskToVerifyEmail,
    AwaitedEmail,
    Permission.READ_ACCOUNT,
    Effect.CHANGE,
)
"""Mails a link and a code for the caller's email; earlier ones end.

Conflict ``email_is_verified``; Throttled ``too_many_email_codes`` with
``retry_after_s``; NotFound ``no_such_user``."""

VERIFY_EMAIL = Method(
    NAME,
    "verify_email",
    VerifyEmail,
    Nothing,
    Permission.READ_ACCOUNT,
    Effect.ONCE,
    carries_secret=True,
)
"""InvalidInput ``wrong_email_code``; NotFound ``email_code_ended``, or Throttled after
five tries: a new mail has a new code; NotFound ``no_such_user``."""

FIND_EMAIL_LINK = Method(
    NAME,
    "find_email_link",
    EmailLink,
    VerifiedEmail,
    Permission.PUBLIC,
    carries_secret=True,
)
"""Uses nothing up; returns the email that the link verifies. NotFound
``link_unknown``, ``link_used``, ``link_expired``."""

USE_EMAIL_LINK = Method(
    NAME,
    "use_email_link",
    EmailLink,
    VerifiedEmail,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""NotFound as `FIND_EMAIL_LINK`. Anyone may: who has the link reads that mailbox."""

METHODS = (ASK_TO_VERIFY_EMAIL, VERIFY_EMAIL, FIND_EMAIL_LINK, USE_EMAIL_LINK)
