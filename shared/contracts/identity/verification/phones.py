"""A person's mobile number: a code that is sent to it shows that they have it."""

from datetime import datetime

from shared.contract import Effect, Method, Nothing, Request, Response
from shared.contracts.identity.name import NAME
from shared.permissions import Permission

CODE_DIGITS = 6


class GetPhone(Request, frozen=True, kw_only=True):
    pass


class AwaitedPhone(Response, frozen=True, kw_only=True):
    """A number whose code is awaited; the next can be sent from ``again_at`` on."""

    number: str
    until: datetime
    again_at: datetime


class Phone(Response, frozen=True, kw_only=True):
    """``number`` is the verified one, as in E.164, or empty.

    ``countries`` are those whose numbers are accepted, as ISO 3166-1 alpha-2 codes.
    ``is_offered``: codes can be sent.
    """

    number: str
    countries: list[str]
    is_offered: bool
    awaited: AwaitedPhone | None = None


class AskForPhoneCode(Request, frozen=True, kw_only=True):
    """``number`` is as somebody typed it.

    Without a country code, it is of the company's country. ``address`` is the browser's
    IP address, for the limits.
    """

    number: str
    address: str


class ConfirmPhone(Request, frozen=True, kw_only=True):
    code: str


class PhoneInUse(Response, frozen=True, kw_only=True):
    number: str


class RemovePhone(Request, frozen=True, kw_only=True):
    pass


GET_PHONE = Method(NAME, "get_phone", GetPhone, Phone, Permission.READ_ACCOUNT)
"""NotFound ``no_such_user``."""

ASK_FOR_PHONE_CODE = Method(
    NAME,
    "ask_for_phone_code",
    AskForPhoneCode,
    AwaitedPhone,
    Permission.READ_ACCOUNT,
    Effect.CHANGE,
    needs_proof=True,
)
"""InvalidInput ``bad_phone``, ``phone_not_mobile``, ``same_phone``,
``phone_country_not_offered`` with ``country``; Throttled ``too_many_phone_codes`` with
``retry_after_s``; Conflict ``phone_not_offered``; NotFound ``no_such_user``."""

CONFIRM_PHONE = Method(
    NAME,
    "confirm_phone",
    ConfirmPhone,
    PhoneInUse,
    Permission.READ_ACCOUNT,
    Effect.ONCE,
    carries_secret=True,
    needs_proof=True,
)
"""InvalidInput ``wrong_phone_code`` with ``tries_left``; NotFound ``phone_code_ended``,
``no_such_user``; Conflict ``phone_in_use``."""

REMOVE_PHONE = Method(
    NAME,
    "remove_phone",
    RemovePhone,
    Nothing,
    Permission.READ_ACCOUNT,
    Effect.ONCE,
    needs_proof=True,
)
"""NotFound ``no_such_user``; Conflict ``no_phone``."""

METHODS = (GET_PHONE, ASK_FOR_PHONE_CODE, CONFIRM_PHONE, REMOVE_PHONE)
