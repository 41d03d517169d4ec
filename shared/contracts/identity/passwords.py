"""Passwords: changing one, and setting a new one by a mailed link."""

from datetime import datetime

from shared.contract import Effect, Method, Nothing, Request, Response
from shared.contracts.identity.name import NAME
from shared.contracts.identity.renewed_session import RenewedSession
from shared.permissions import Permission

REFUSALS = (
    "password_too_short",
    "password_too_long",
    "password_common",
    "password_of_context_words",
    "password_guessable",
)
"""Why a password may not be set. InvalidInput ``password_too_short`` with
``min_length``, ``password_too_long`` with ``max_length``, ``password_common``,
``password_of_context_words`` with ``words`` and ``min_length`` (of what is besides
them), ``password_guessable`` with ``weakness``, which is keys, repeats, sequence, date,
word, name, common, or empty."""


class ChangePassword(Request, frozen=True, kw_only=True):
    current: str
    new: str


class AskForReset(Request, frozen=True, kw_only=True):
    """``address`` is the browser's IP address, for the limits."""

    email: str
    address: str


class FindReset(Request, frozen=True, kw_only=True):
    """``token`` is that of a mailed link."""

    token: str


class Reset(Response, frozen=True, kw_only=True):
    """Whose password the link will set, for the browser that keeps it."""

    email: str
    expires_at: datetime


class ResetPassword(Request, frozen=True, kw_only=True):
    token: str
    new: str


CHANGE_PASSWORD = Method(
    NAME,
    "change_password",
    ChangePassword,
    RenewedSession,
    Permission.READ_ACCOUNT,
    Effect.ONCE,
    carries_secret=True,
    needs_proof=True,
)
"""Ends the user's other sessions and renews this one.

InvalidInput ``wrong_password``, ``password_same``, `REFUSALS`; Throttled
``too_many_passwords`` with ``retry_after_s``; Conflict ``password_changed_meanwhile``;
NotFound ``no_such_user`` for operators."""

ASK_FOR_RESET = Method(
    NAME,
    "ask_for_reset",
    AskForReset,
    Nothing,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Sends the account's owner a link. The answer is the same, and takes the same time,
where there is no account. Throttled ``too_many_resets`` with ``retry_after_s``."""

FIND_RESET = Method(
    NAME, "find_reset", FindReset, Reset, Permission.PUBLIC, carries_secret=True
)
"""NotFound ``link_unknown``, ``link_used``, ``link_expired``."""

RESET_PASSWORD = Method(
    NAME,
    "reset_password",
    ResetPassword,
    Nothing,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Ends all sessions of the link's user, and opens none. NotFound as `FIND_RESET`;
InvalidInput `REFUSALS`; Throttled ``too_many_passwords`` with ``retry_after_s``."""

METHODS = (CHANGE_PASSWORD, ASK_FOR_RESET, FIND_RESET, RESET_PASSWORD)
