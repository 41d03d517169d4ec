"""The second step at log-in, after the password: a code, or setting a factor up.

The token of a pending log-in is given for the right password. It tells which factors
the account has, and nothing else; there is no session and no principal until the step
is done.
"""

from shared.contract import Effect, Method, Request, Response
from shared.contracts.identity.factors import TotpProposal
from shared.contracts.identity.name import NAME
from shared.contracts.identity.passkeys import CeremonyOptions
from shared.contracts.identity.signing_in import PendingLogin, Session
from shared.permissions import Permission


class GetPendingLogin(Request, frozen=True, kw_only=True):
    token: str


class AnswerSecondStep(Request, frozen=True, kw_only=True):
    """``code`` is the app's six digits, or a recovery code.

    ``device`` is the token of the device's cookie, or empty.
    """

    token: str
    code: str
    address: str
    user_agent: str = ""
    device: str = ""


class ProposeTotpAtLogin(Request, frozen=True, kw_only=True):
    token: str


class SetUpTotpAtLogin(Request, frozen=True, kw_only=True):
    """``code`` is that of the app which has the proposal's secret.

    ``device`` is the token of the device's cookie, or empty.
    """

    token: str
    proposal: str
    code: str
    address: str
    user_agent: str = ""
    device: str = ""


class BeginPasskeyAtLogin(Request, frozen=True, kw_only=True):
    token: str


class SetUpPasskeyAtLogin(Request, frozen=True, kw_only=True):
    """``credential`` is the new passkey's, as `passkeys.AddPasskey` has it.

    ``device`` is the token of the device's cookie, or empty.
    """

    token: str
    credential: str
    address: str
    user_agent: str = ""
    device: str = ""


class SetUp(Response, frozen=True, kw_only=True):
    session: Session
    recovery_codes: list[str]


GET_PENDING_LOGIN = Method(
    NAME,
    "get_pending_login",
    GetPendingLogin,
    PendingLogin,
    Permission.PUBLIC,
    carries_secret=True,
)
"""Unauthenticated ``pending_login_ended``: it was used, is older than 10 minutes, or
had too many wrong codes. Start again with the password."""

ANSWER_SECOND_STEP = Method(
    NAME,
    "answer_second_step",
    AnswerSecondStep,
    Session,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Unauthenticated ``pending_login_ended``; InvalidInput ``wrong_code``; Throttled
``too_many_codes`` with ``retry_after_s``; Forbidden ``no_company``."""

PROPOSE_TOTP_AT_LOGIN = Method(
    NAME,
    "propose_totp_at_login",
    ProposeTotpAtLogin,
    TotpProposal,
    Permission.PUBLIC,
    carries_secret=True,
)
"""Unauthenticated ``pending_login_ended``, also of who has a factor already."""

SET_UP_TOTP_AT_LOGIN = Method(
    NAME,
    "set_up_totp_at_login",
    SetUpTotpAtLogin,
    SetUp,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Unauthenticated ``pending_login_ended``; InvalidInput ``proposal_expired``,
``wrong_code``; Forbidden ``no_company``."""

BEGIN_PASSKEY_AT_LOGIN = Method(
    NAME,
    "begin_passkey_at_login",
    BeginPasskeyAtLogin,
    CeremonyOptions,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Unauthenticated ``pending_login_ended``, also of who has a factor already; Throttled
``too_many_logins``."""

SET_UP_PASSKEY_AT_LOGIN = Method(
    NAME,
    "set_up_passkey_at_login",
    SetUpPasskeyAtLogin,
    SetUp,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Unauthenticated ``pending_login_ended``; InvalidInput ``passkey_challenge_ended``,
``passkey_refused``; Conflict ``passkey_exists``; Forbidden ``no_company``."""

METHODS = (
    GET_PENDING_LOGIN,
    ANSWER_SECOND_STEP,
    PROPOSE_TOTP_AT_LOGIN,
    SET_UP_TOTP_AT_LOGIN,
    BEGIN_PASSKEY_AT_LOGIN,
    SET_UP_PASSKEY_AT_LOGIN,
)
