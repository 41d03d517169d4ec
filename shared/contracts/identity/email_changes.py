"""Changing the email that a person logs in with."""

from datetime import datetime

from shared.contract import Effect, Method, Request, Response
from shared.contracts.identity.name import NAME
from shared.permissions import Permission


class ChangeEmail(Request, frozen=True, kw_only=True):
    email: str


class EmailChangeAsked(Response, frozen=True, kw_only=True):
    """``email`` is the new one as it will be kept; its link is valid until ``until``.

    The answer is the same for an email that belongs to somebody else.
    """

    email: str
    until: datetime


class ConfirmEmail(Request, frozen=True, kw_only=True):
    """``token`` is that of the link in the mail to the new email."""

    token: str


class UndoEmail(Request, frozen=True, kw_only=True):
    """``token`` is that of the link in the mail to the previous email."""

    token: str


class FindUndoEmail(Request, frozen=True, kw_only=True):
    """``token`` is that of the link in the mail to the previous email."""

    token: str


class UndoableEmail(Response, frozen=True, kw_only=True):
    """``email`` is the previous one, which can be brought back until ``until``."""

    email: str
    until: datetime


class EmailInUse(Response, frozen=True, kw_only=True):
    """The email that the person logs in with from now on."""

    email: str


CHANGE_EMAIL = Method(
    NAME,
    "change_email",
    ChangeEmail,
    EmailChangeAsked,
    Permission.READ_ACCOUNT,
    Effect.CHANGE,
    needs_proof=True,
)
"""Mails a link to the new email; nothing changes until it is confirmed.

InvalidInput ``bad_email``, ``same_email``; Throttled ``too_many_email_changes`` with
``retry_after_s``; NotFound ``no_such_user``."""

CONFIRM_EMAIL = Method(
    NAME,
    "confirm_email",
    ConfirmEmail,
    EmailInUse,
    Permission.READ_ACCOUNT,
    Effect.ONCE,
    carries_secret=True,
)
"""By the person who asked for the change, so that an email typed wrong gives nobody
else the account. The previous email is told, with a link that undoes it for 7 days.

NotFound ``link_unknown``, ``link_used``, ``link_expired``, ``no_such_user``; Conflict
``email_taken``."""

FIND_UNDO_EMAIL = Method(
    NAME,
    "find_undo_email",
    FindUndoEmail,
    UndoableEmail,
    Permission.PUBLIC,
    carries_secret=True,
)
"""Uses nothing up. NotFound ``link_unknown``, ``link_used``, ``link_expired``."""

UNDO_EMAIL = Method(
    NAME,
    "undo_email",
    UndoEmail,
    EmailInUse,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Ends all sessions. NotFound and Conflict as `CONFIRM_EMAIL`."""

METHODS = (CHANGE_EMAIL, CONFIRM_EMAIL, FIND_UNDO_EMAIL, UNDO_EMAIL)
