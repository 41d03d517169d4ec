"""Passkeys (W3C Web Authentication, level 3): a person has any number of them.

A *ceremony* has two calls: the first gives the options that the browser's WebAuthn call
takes, the second takes the credential that it answers. Both are the JSON of
``parseCreationOptionsFromJSON``, ``parseRequestOptionsFromJSON`` and ``toJSON()``, as
text. The options hold a challenge, which is answered within some minutes, once, and by
the browser, session or pending log-in that it was made for.
"""

from datetime import datetime
from uuid import UUID

from shared.contract import Effect, Method, Request, Response
from shared.contracts.identity.name import NAME
from shared.contracts.identity.renewed_session import RenewedSession
from shared.contracts.identity.signing_in import Session
from shared.permissions import Permission

MAX_NAME_LENGTH = 60


class CeremonyOptions(Response, frozen=True, kw_only=True):
    options: str


class BeginPasskeyLogin(Request, frozen=True, kw_only=True):
    """``browser`` is a secret of the browser's own, ``address`` its IP address."""

    browser: str
    address: str = ""


class LogInWithPasskey(Request, frozen=True, kw_only=True):
    """``browser`` is the one that the log-in was begun with.

    ``device`` is the token of the device's cookie, or empty.
    """

    browser: str
    credential: str
    address: str
    user_agent: str = ""
    device: str = ""


class BeginPasskeySecondStep(Request, frozen=True, kw_only=True):
    """``token`` is that of the pending log-in."""

    token: str


class AnswerSecondStepWithPasskey(Request, frozen=True, kw_only=True):
    token: str
    credential: str
    address: str
    user_agent: str = ""
    device: str = ""


class BeginPasskeyProof(Request, frozen=True, kw_only=True):
    """``token`` is the session's; `sessions.PROVE` takes the answer."""

    token: str


class BeginPasskeyRegistration(Request, frozen=True, kw_only=True):
    pass


class AddPasskey(Request, frozen=True, kw_only=True):
    credential: str


class Passkey(Response, frozen=True, kw_only=True):
    """A passkey of the person's own.

    ``name`` is what they called it, or the product that keeps it, as far as that is
    known, else empty. ``credential_id`` is base64url, as browsers have it.
    ``is_synced``: its password manager keeps a copy elsewhere, so a lost device does
    not lose it.
    """

    id: UUID
    name: str
    credential_id: str
    is_synced: bool
    created_at: datetime
    last_used_at: datetime | None


class AddedPasskey(Response, frozen=True, kw_only=True):
    """``recovery_codes`` are new ones, shown once; none if those of before count."""

    passkey: Passkey
    session: RenewedSession
    recovery_codes: list[str]


class ListPasskeys(Request, frozen=True, kw_only=True):
    pass


class Passkeys(Response, frozen=True, kw_only=True):
    """All of a person's passkeys, the oldest first.

    ``relying_party`` is the domain that they belong to and ``user_handle`` the person,
    as authenticators know them; base64url.
    """

    relying_party: str
    user_handle: str
    passkeys: list[Passkey]


class RenamePasskey(Request, frozen=True, kw_only=True):
    passkey_id: UUID
    name: str


class RemovePasskey(Request, frozen=True, kw_only=True):
    passkey_id: UUID


BEGIN_PASSKEY_LOGIN = Method(
    NAME,
    "begin_passkey_login",
    BeginPasskeyLogin,
    CeremonyOptions,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Throttled ``too_many_logins`` with ``retry_after_s``."""

LOG_IN_WITH_PASSKEY = Method(
    NAME,
    "log_in_with_passkey",
    LogInWithPasskey,
    Session,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""InvalidInput ``passkey_challenge_ended`` (answered before, too late or by another
browser), ``passkey_unknown`` (removed, or never of ours), ``passkey_refused``;
Unauthenticated ``login_blocked``; Forbidden ``no_company``."""

BEGIN_PASSKEY_SECOND_STEP = Method(
    NAME,
    "begin_passkey_second_step",
    BeginPasskeySecondStep,
    CeremonyOptions,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Unauthenticated ``pending_login_ended``; Throttled ``too_many_logins``."""

ANSWER_SECOND_STEP_WITH_PASSKEY = Method(
    NAME,
    "answer_second_step_with_passkey",
    AnswerSecondStepWithPasskey,
    Session,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Unauthenticated ``pending_login_ended``, ``login_blocked``; InvalidInput
``passkey_challenge_ended``,
``passkey_unknown``, ``passkey_refused``; Forbidden ``no_company``."""

BEGIN_PASSKEY_PROOF = Method(
    NAME,
    "begin_passkey_proof",
    BeginPasskeyProof,
    CeremonyOptions,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Unauthenticated ``session_ended``; Throttled ``too_many_logins`` with
``retry_after_s``."""

BEGIN_PASSKEY_REGISTRATION = Method(
    NAME,
    "begin_passkey_registration",
    BeginPasskeyRegistration,
    CeremonyOptions,
    Permission.READ_ACCOUNT,
    Effect.ONCE,
    needs_proof=True,
)
"""NotFound ``no_such_user``; operators have no passkeys. Conflict
``too_many_passkeys`` with ``maximum``."""

ADD_PASSKEY = Method(
    NAME,
    "add_passkey",
    AddPasskey,
    AddedPasskey,
    Permission.READ_ACCOUNT,
    Effect.ONCE,
    carries_secret=True,
    needs_proof=True,
)
"""Two-factor authentication is on from then on.

InvalidInput ``passkey_challenge_ended``, ``passkey_refused``; Conflict
``passkey_exists``, ``too_many_passkeys`` with ``maximum``; NotFound
``no_such_user``."""

LIST_PASSKEYS = Method(
    NAME, "list_passkeys", ListPasskeys, Passkeys, Permission.READ_ACCOUNT
)

RENAME_PASSKEY = Method(
    NAME,
    "rename_passkey",
    RenamePasskey,
    Passkey,
    Permission.READ_ACCOUNT,
    Effect.CHANGE,
)
"""NotFound ``no_such_passkey``; InvalidInput ``bad_passkey_name`` with
``max_length``."""

REMOVE_PASSKEY = Method(
    NAME,
    "remove_passkey",
    RemovePasskey,
    RenewedSession,
    Permission.READ_ACCOUNT,
    Effect.ONCE,
    needs_proof=True,
)
"""Without another factor, two-factor authentication is off then.

NotFound ``no_such_passkey``; Conflict ``second_factor_required``."""

METHODS = (
    BEGIN_PASSKEY_LOGIN,
    LOG_IN_WITH_PASSKEY,
    BEGIN_PASSKEY_SECOND_STEP,
    ANSWER_SECOND_STEP_WITH_PASSKEY,
    BEGIN_PASSKEY_PROOF,
    BEGIN_PASSKEY_REGISTRATION,
    ADD_PASSKEY,
    LIST_PASSKEYS,
    RENAME_PASSKEY,
    REMOVE_PASSKEY,
)
