"""Sessions: who is signed in where, ending them, and proving again who one is."""

from datetime import datetime
from uuid import UUID

from shared.contract import Effect, Method, Nothing, Request, Response
from shared.contracts.identity.name import NAME
from shared.contracts.identity.signing_in import Session
from shared.permissions import Permission


class PasswordProof(Request, frozen=True, kw_only=True, tag="password"):
    """``code`` is of the person's app or for recovery.

    People without a second factor need none.
    """

    password: str
    code: str = ""


class PasskeyProof(Request, frozen=True, kw_only=True, tag="passkey"):
    """``credential`` answers the options of `passkeys.BEGIN_PASSKEY_PROOF`."""

    credential: str


Proof = PasswordProof | PasskeyProof
"""How a person can prove again who they are; each kind has a tag of its own."""


class Prove(Request, frozen=True, kw_only=True):
    """``token`` is the session's."""

    token: str
    proof: Proof


class OpenSession(Response, frozen=True, kw_only=True):
    """A browser that is signed in.

    ``browser`` and ``system`` are names such as Firefox and Linux, empty if unknown.
    ``network`` is the shortened IP address of the login, such as ``203.0.113.x``.
    ``last_seen_at`` is exact to the minute. Times are UTC.
    """

    session_id: UUID
    browser: str
    system: str
    network: str
    created_at: datetime
    last_seen_at: datetime
    is_current: bool


class ListSessions(Request, frozen=True, kw_only=True):
    pass


class OpenSessions(Response, frozen=True, kw_only=True):
    """The caller's sessions that have not ended: the current one, then last seen."""

    sessions: list[OpenSession]


class EndSession(Request, frozen=True, kw_only=True):
    session_id: UUID


class EndOtherSessions(Request, frozen=True, kw_only=True):
    """All of the caller's sessions end but the one that the call comes from."""


class EndedSessions(Response, frozen=True, kw_only=True):
    """How many sessions the call has ended."""

    count: int


class EndSessionsOf(Request, frozen=True, kw_only=True):
    """``email`` is the user's."""

    email: str


class EndSomeSessions(Request, frozen=True, kw_only=True):
    """Some of all people's sessions: as many as one transaction takes well."""


PROVE = Method(
    NAME,
    "prove",
    Prove,
    Session,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Gives the session a new token, which replaces the earlier one, and a principal that
may call what needs a recent proof. Unauthenticated ``session_ended``; InvalidInput
``wrong_password``, ``wrong_code``, ``passkey_challenge_ended``, ``passkey_unknown``,
``passkey_refused``; Throttled ``too_many_logins`` or ``too_many_codes`` with
``retry_after_s``."""

LIST_SESSIONS = Method(
    NAME, "list_sessions", ListSessions, OpenSessions, Permission.READ_ACCOUNT
)
END_SESSION = Method(
    NAME,
    "end_session",
    EndSession,
    Nothing,
    Permission.READ_ACCOUNT,
    Effect.CHANGE,
    needs_proof=True,
)
"""One that has ended stays ended. NotFound ``no_such_session``."""

END_OTHER_SESSIONS = Method(
    NAME,
    "end_other_sessions",
    EndOtherSessions,
    EndedSessions,
    Permission.READ_ACCOUNT,
    Effect.CHANGE,
    needs_proof=True,
)
END_SESSIONS_OF = Method(
    NAME,
    "end_sessions_of",
    EndSessionsOf,
    EndedSessions,
    Permission.OPERATE,
    Effect.CHANGE,
)
"""NotFound ``no_such_user``."""

END_SOME_SESSIONS = Method(
    NAME,
    "end_some_sessions",
    EndSomeSessions,
    EndedSessions,
    Permission.OPERATE,
    Effect.CHANGE,
)
"""Call it until it ends none."""

METHODS = (
    PROVE,
    LIST_SESSIONS,
    END_SESSION,
    END_OTHER_SESSIONS,
    END_SESSIONS_OF,
    END_SOME_SESSIONS,
)
