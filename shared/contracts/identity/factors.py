"""Second factors: authenticator apps (TOTP, RFC 6238) and recovery codes.

A *code* is what somebody types: six digits from their app, or a recovery code. Which of
the two it is can be seen from its length.
"""

from datetime import datetime
from enum import Enum
from uuid import UUID

from shared.contract import Effect, Event, Method, Nothing, Request, Response
from shared.contracts.identity.name import NAME
from shared.contracts.identity.renewed_session import RenewedSession
from shared.permissions import Permission

RECOVERY_CODES = 10
"""How many recovery codes a person gets at a time."""
FEW_RECOVERY_CODES = 3
"""So few left are worth a warning."""


class Factor(Enum):
    TOTP = "totp"
    RECOVERY_CODE = "recovery_code"
    PASSKEY = "passkey"


class GetFactors(Request, frozen=True, kw_only=True):
    pass


class Factors(Response, frozen=True, kw_only=True):
    """A person's own factors.

    ``totp_since`` is when they set their app up, None without one. ``is_required``: the
    provider lets nobody in without a second factor. ``reset_due_at`` is when support
    removes all factors, if it was asked to.
    """

    is_on: bool
    is_required: bool
    totp_since: datetime | None
    recovery_codes_left: int
    reset_due_at: datetime | None
    has_passkey: bool = False


class ProposeTotp(Request, frozen=True, kw_only=True):
    pass


class TotpProposal(Response, frozen=True, kw_only=True):
    """A secret for an app, which nothing keeps yet.

    ``secret`` is base32, as apps take it, and ``email`` names the account there.
    ``proposal`` is the secret under a key of identity's, for one person and for one
    hour; it comes back with the app's code.
    """

    email: str
    secret: str
    proposal: str


class TurnOnTotp(Request, frozen=True, kw_only=True):
    """``code`` is the new app's; ``proof`` a code of before, to replace an app."""

    proposal: str
    code: str
    proof: str = ""


class RecoveryCodes(Response, frozen=True, kw_only=True):
    """New recovery codes, which are shown once.

    Six groups of four characters each, with hyphens.
    """

    codes: list[str]


class TurnedOnTotp(Response, frozen=True, kw_only=True):
    """``recovery_codes`` are new ones, shown once; none if those of before count."""

    session: RenewedSession
    recovery_codes: list[str]


class RenewRecoveryCodes(Request, frozen=True, kw_only=True):
    pass


class RemoveTotp(Request, frozen=True, kw_only=True):
    code: str


class ImportTotp(Request, frozen=True, kw_only=True):
    """Take over the secret of an app that somebody has set up elsewhere; base32."""

    user_id: UUID
    secret: str


class ResetTwoFactor(Request, frozen=True, kw_only=True):
    """``reason`` is how support made sure whom it helps."""

    email: str
    reason: str


class TwoFactorReset(Response, frozen=True, kw_only=True):
    """All factors of the user are removed at ``due_at``."""

    user_id: UUID
    due_at: datetime


class CancelTwoFactorReset(Request, frozen=True, kw_only=True):
    email: str


class TwoFactorKept(Response, frozen=True, kw_only=True):
    """Whose reset was cancelled."""

    user_id: UUID


class TwoFactorState(Response, frozen=True, kw_only=True):
    """Whether a member of the event's company has a second factor."""

    user_id: UUID
    is_on: bool


GET_FACTORS = Method(NAME, "get_factors", GetFactors, Factors, Permission.READ_ACCOUNT)
"""NotFound ``no_such_user``; operators have no factors."""

PROPOSE_TOTP = Method(
    NAME,
    "propose_totp",
    ProposeTotp,
    TotpProposal,
    Permission.READ_ACCOUNT,
    needs_proof=True,
)

TURN_ON_TOTP = Method(
    NAME,
    "turn_on_totp",
    TurnOnTotp,
    TurnedOnTotp,
    Permission.READ_ACCOUNT,
    Effect.ONCE,
    carries_secret=True,
    needs_proof=True,
)
"""InvalidInput ``proposal_expired``, ``wrong_code`` with ``field`` (``code`` or
``proof``); Throttled ``too_many_codes`` with ``retry_after_s``."""

RENEW_RECOVERY_CODES = Method(
    NAME,
    "renew_recovery_codes",
    RenewRecoveryCodes,
    RecoveryCodes,
    Permission.READ_ACCOUNT,
    Effect.ONCE,
    carries_secret=True,
    needs_proof=True,
)
"""Conflict ``two_factor_is_off``."""

REMOVE_TOTP = Method(
    NAME,
    "remove_totp",
    RemoveTotp,
    RenewedSession,
    Permission.READ_ACCOUNT,
    Effect.ONCE,
    carries_secret=True,
    needs_proof=True,
)
"""Remove the app; without another factor, two-factor authentication is off then.

The session is renewed.

InvalidInput ``wrong_code``; Throttled ``too_many_codes``; Conflict
``two_factor_is_off``, ``second_factor_required``."""

IMPORT_TOTP = Method(
    NAME,
    "import_totp",
    ImportTotp,
    Nothing,
    Permission.OPERATE,
    Effect.CHANGE,
    carries_secret=True,
)
"""NotFound ``no_such_user``; InvalidInput ``bad_totp_secret``."""

RESET_TWO_FACTOR = Method(
    NAME,
    "reset_two_factor",
    ResetTwoFactor,
    TwoFactorReset,
    Permission.OPERATE,
    Effect.CHANGE,
)
"""NotFound ``no_such_user``; InvalidInput ``reason_missing``, ``bad_reason``; Conflict
``two_factor_is_off``, ``reset_waits_already``."""

CANCEL_TWO_FACTOR_RESET = Method(
    NAME,
    "cancel_two_factor_reset",
    CancelTwoFactorReset,
    TwoFactorKept,
    Permission.OPERATE,
    Effect.CHANGE,
)
"""NotFound ``no_such_user``, ``no_reset_waits``."""

TWO_FACTOR_CHANGED = Event(NAME, "two_factor_changed", TwoFactorState)

METHODS = (
    GET_FACTORS,
    PROPOSE_TOTP,
    TURN_ON_TOTP,
    RENEW_RECOVERY_CODES,
    REMOVE_TOTP,
    IMPORT_TOTP,
    RESET_TWO_FACTOR,
    CANCEL_TWO_FACTOR_RESET,
)
EVENTS = (TWO_FACTOR_CHANGED,)
