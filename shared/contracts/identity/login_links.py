"""Login links: mailed to an account's owner while others guess its password."""

from shared.contract import Effect, Method, Nothing, Request, Response
from shared.contracts.identity.name import NAME
from shared.permissions import Permission


class AskForLoginLink(Request, frozen=True, kw_only=True):
    """``address`` is the browser's IP address, for the throttle.

    It and ``user_agent`` are told to the account's owner, in words.
    """

    email: str
    address: str
    user_agent: str = ""


class ShowLoginLink(Request, frozen=True, kw_only=True):
    token: str


class LoginLink(Response, frozen=True, kw_only=True):
    """``email`` is that of the account which the link was mailed to."""

    email: str


ASK_FOR_LOGIN_LINK = Method(
    NAME,
    "ask_for_login_link",
    AskForLoginLink,
    Nothing,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""The same answer whether there is such an account or not. Throttled
``too_many_logins`` with ``retry_after_s``."""

SHOW_LOGIN_LINK = Method(
    NAME,
    "show_login_link",
    ShowLoginLink,
    LoginLink,
    Permission.PUBLIC,
    carries_secret=True,
)
"""Uses nothing up. NotFound ``link_unknown``, ``link_used``, ``link_expired``."""

METHODS = (ASK_FOR_LOGIN_LINK, SHOW_LOGIN_LINK)
