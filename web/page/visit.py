"""One request of a signed-in person: their company, and the calls made for them.

The browser holds two cookies: the session (Flask-Login's, with identity's opaque token)
and the principal, which is good for five minutes. While the principal is good, the
check of the session at identity runs in parallel with the page's other calls; its
"ended" discards the page. With identity down, people can read until the principal
expires.
"""

from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from flask import Response, g, request
from flask_login import current_user

from shared.contract import Method, RequestT, ResponseT
from shared.contracts import identity
from shared.contracts.identity.renewed_session import RenewedSession
from shared.errors import (
    Conflict,
    ContractError,
    InvalidInput,
    NotFound,
    RemoteFault,
    Unauthenticated,
    Unavailable,
)
from shared.principal import LIFETIME, Principal, verify
from shared.rpc.client import DEFAULT_TIMEOUT_S, CallContext
from web.language.locale import read_for
from web.page.context import context

log = structlog.get_logger()

_PRINCIPAL_COOKIE = "principal"

_RENEW_BEFORE = timedelta(seconds=10)
_CHECK_WITHIN_S = 0.5
"""How long a page waits for identity's word while the principal is good."""
_SESSION = "session"


class Visit:
    """The calls of one request, all in the name of one principal.

    ``acts_for`` is the company that the address names, if it does; without it the
    visit acts for the session's current company, which must be ``expected`` where a
    link or form says so. ``reading_until`` is set once identity has not answered:
    nothing of its can be changed, and reading ends then. ``asks_protection``: the
    session's check says as well how the account is protected.

    Raises, from any call:
        Unauthenticated: ``session_ended``; sign in again.
        Conflict: ``other_company``; the person has switched company since.
        NotFound: ``no_such_company``; the person is not a member of it.
        Unavailable: ``identity_unavailable``; there is no valid principal.
    """

    def __init__(
        self,
        token: str,
        *,
        acts_for: UUID | None = None,
        expected: UUID | None = None,
        polling: bool = False,
    ) -> None:
        self.session: identity.signing_in.Session | None = None
        self.asks_protection = False
        self.reading_until: datetime | None = None
        self._token = token
        self._acts_for = acts_for
        self._meant = acts_for or expected
        self._polling = polling
        self._resuming: Future[identity.signing_in.Session] | None = None
        self._principal_token = request.cookies.get(_principal_cookie())
        self._principal = self._read_cookie()

    @property
    def known_principal(self) -> Principal | None:
        """Return who acts as far as that is known; identity is not asked."""
        return self._principal

    def identify(self) -> Principal:
        """Return who acts; ask identity and wait where the cookie does not say."""
        return self._principal or self._resume()

    def acts_as(self, asked_as: Principal | None) -> bool:
        """Return whether what was asked as this principal may be shown.

        It may not once identity has given another one: the person has left the company
        since, or has another role there.
        """
        known = self._principal
        if known is None or asked_as is None:
            return known is asked_as
        return replace(asked_as, expires_at=known.expires_at) == known

    def check_session(self) -> None:
        """Ask identity whether the session lives, in parallel with what follows.

        Nothing is asked twice: not if identity has answered in this visit already.
        """
        is_asked = self.session is not None or self._resuming is not None
        if self._principal is not None and not is_asked:
            self._resuming = self._start_resuming(_CHECK_WITHIN_S)

    def begin_session(self, timeout_s: float) -> None:
        """Ask identity for the session, for visits of which several begin at once.

        What needs the answer waits for it: `identify`, `settle`.
        """
        self._resuming = self._start_resuming(timeout_s)

    def start_session(self) -> Future[identity.signing_in.Session]:
        """Return the answer of the session's check, which is begun if it was not."""
        self.identify()
        if self.session is None:
            self._resuming = self._resuming or self._start_resuming(_CHECK_WITHIN_S)
            return self._resuming
        known: Future[identity.signing_in.Session] = Future()
        known.set_result(self.session)
        return known

    def start(
        self,
        method: Method[RequestT, ResponseT],
        arguments: RequestT,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        idempotency_key: str | None = None,
    ) -> Future[ResponseT]:
        """Send a call as this visit's principal."""
        if not self._has_all_events_since(self.identify()):
            self.check_session()
        call = CallContext(
            request_id=g.request_id,
            principal=self._principal_token,
            idempotency_key=idempotency_key,
            timeout_s=timeout_s,
        )
        return context().client.start(method, arguments, call)

    def read(
        self, method: Method[RequestT, ResponseT], arguments: RequestT
    ) -> ResponseT:
        """Call and wait, for identity's word on the session, too, if it is asked.

        What was asked as another principal than identity has given is asked again.
        """
        answer, asked_as = self.start(method, arguments), self.identify()
        self.settle()
        if not self.acts_as(asked_as):
            answer = self.start(method, arguments)
        return answer.result()

    def fetch(
        self, method: Method[RequestT, ResponseT], arguments: RequestT
    ) -> ResponseT:
        """Call and wait, within an answer that may take longer than a principal lasts.

        Identity is asked for another one then, and so stops the work of a session
        that has ended.
        """
        soon = context().clock.now() + _RENEW_BEFORE
        known = self._principal
        if known is not None and known.expires_at <= soon:
            self._resume()
        return self.start(method, arguments).result()

    def require_live_session(self) -> None:
        """Ask identity whether the session lives, before anything is changed.

        Without identity's word one can read, but change nothing. What is said from
        here on is in the reader's language.
        """
        self._take(self._start_resuming().result())
        read_for(self.session.user if self.session else None)

    def settle(self) -> None:
        """Wait for identity's word on the session.

        If identity doesn't answer, reading is still allowed: the principal is good.
        """
        if self._resuming is None:
            return
        try:
            self._take(self._resuming.result())
        except (Unavailable, RemoteFault):
            log.warning("identity_unavailable")
            self.reading_until = self.identify().expires_at
        finally:
            self._resuming = None

    @property
    def last_session(self) -> identity.signing_in.Session | None:
        """Return the session as identity has just described it, or last did."""
        if self.session is not None:
            return self.session
        if self._principal is None:
            return None
        known = context().last_known.find(self._principal, _SESSION)
        return known.value if known else None

    def renew(self, session: RenewedSession) -> None:
        """Continue with the session's new token, which its principal comes with."""
        self._token = session.token
        self._principal_token = session.principal
        now = context().clock.now()
        self._principal = verify(session.principal, context().verify_key, now)

    def keep_principal(self, response: Response) -> None:
        """Put a renewed principal into its cookie."""
        if self.session is not None and self._acts_for is None:
            set_principal_cookie(response, self._principal_token or "")

    def _resume(self) -> Principal:
        """Ask identity and wait, as nothing can be done before it answers."""
        under_way, self._resuming = self._resuming, None
        try:
            return self._take((under_way or self._start_resuming()).result())
        except Unavailable as outage:
            raise Unavailable("identity_unavailable", outage.code) from outage

    def _start_resuming(
        self, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> Future[identity.signing_in.Session]:
        """Ask for the session's current company, unless the address names one."""
        arguments = identity.signing_in.ResumeSession(
            token=self._token,
            company_id=self._acts_for,
            polling=self._polling,
            with_protection=self.asks_protection,
        )
        call = CallContext(request_id=g.request_id, timeout_s=timeout_s)
        return context().client.start(
            identity.signing_in.RESUME_SESSION, arguments, call
        )

    def _take(self, session: identity.signing_in.Session) -> Principal:
        """Use identity's answer, if it is about the company meant.

        With the calls under way, that is the company of the cookie's principal: in
        another tab the person may have switched since.
        """
        ctx = context()
        now = ctx.clock.now()
        under_way = self._principal.company_id if self._principal else None
        self.session = session
        self._principal_token = session.principal
        principal = verify(session.principal, ctx.verify_key, now)
        self._principal = principal
        ctx.last_known.remember(principal, _SESSION, session, now)
        meant = under_way or self._meant
        if meant not in {None, session.company_id}:
            raise _mismatch(meant, session)
        return principal

    def _read_cookie(self) -> Principal | None:
        """The cookie's principal, if it is good and of the company meant."""
        ctx = context()
        try:
            now = ctx.clock.now() + _RENEW_BEFORE
            principal = verify(self._principal_token, ctx.verify_key, now)
        except Unauthenticated:
            return None
        if self._meant not in {None, principal.company_id}:
            return None
        changes = ctx.changes
        if changes.has_ended(principal.session_id):
            return None
        if changes.rights.have_changed(principal):
            return None
        return principal

    def _has_all_events_since(self, principal: Principal) -> bool:
        """Whether we would know, had the principal's session been ended since."""
        return context().changes.received_all_since(principal.issued_at)


def _mismatch(
    meant: UUID | None, session: identity.signing_in.Session
) -> ContractError:
    if meant not in {company.company_id for company in session.memberships}:
        return NotFound("no_such_company")
    return Conflict(
        "other_company",
        parameters={"wanted": str(meant), "current": str(session.company_id)},
    )


def begin_visit(*, polling: bool = False) -> Visit:
    """Begin the signed-in person's visit; the response keeps a renewed principal.

    Raises:
        InvalidInput: ``bad_company``; the address names something else.
    """
    visit = Visit(
        current_user.get_id(), expected=_company_of_request(), polling=polling
    )
    g.visit = visit
    return visit


def begin_live_visit() -> Visit:
    """Begin a visit that changes something, with identity's word on its session.

    Raises:
        Unauthenticated, Conflict, NotFound, Unavailable: as a `Visit` does.
    """
    visit = begin_visit()
    visit.require_live_session()
    return visit


def visit_company(company_id: UUID, *, polling: bool = False) -> Visit:
    """A visit for the company that an address names, without switching to it."""
    return Visit(current_user.get_id(), acts_for=company_id, polling=polling)


def prepare_reader(visit: Visit) -> None:
    """Write links for the visit's company, and figures for its reader.

    Raises:
        ContractError: as a `Visit` does; nothing that was asked for may be shown.
    """
    visit.settle()
    g.company_id = visit.identify().require_company()
    session = visit.last_session
    read_for(session.user if session else None)


def keep_principal(response: Response) -> Response:
    """After each request: the visit's renewed principal goes into its cookie."""
    visit: Visit | None = g.pop("visit", None)
    if visit is not None:
        visit.keep_principal(response)
    return response


def set_principal_cookie(response: Response, token: str) -> None:
    response.set_cookie(
        _principal_cookie(),
        token,
        max_age=int(LIFETIME.total_seconds()),
        secure=context().settings.is_secure,
        httponly=True,
        samesite="Lax",
    )


def forget_principal(response: Response) -> None:
    response.delete_cookie(
        _principal_cookie(),
        secure=context().settings.is_secure,
        httponly=True,
        samesite="Lax",
    )


def _principal_cookie() -> str:
    return context().settings.cookie_name(_PRINCIPAL_COOKIE)


def _company_of_request() -> UUID | None:
    text = request.values.get("company")
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidInput("bad_company") from error
