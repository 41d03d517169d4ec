"""Process every call and event, whatever its transport.

Deadline, principal, permission, arguments, idempotency key, transaction, activity,
result, log: in this order, here and nowhere else.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared.contract import Effect, Request
from shared.db import events, idempotency
from shared.errors import (
    ContractError,
    InvalidInput,
    NotFound,
    RemoteFault,
    Unavailable,
)
from shared.permissions import Permission
from shared.principal import Principal, nobody, verify
from shared.rpc.activity import record_activity
from shared.rpc.call import Call
from shared.rpc.messages import encode_error, encode_result
from shared.rpc.service import EventHandler, MethodHandler, Service
from shared.wire import from_wire, to_wire

log = structlog.get_logger()

MAX_REQUEST_ID_LENGTH = 100


@dataclass(frozen=True)
class Headers:
    """A call's metadata, as ``nameko.<name>`` headers.

    ``deadline`` is how many seconds the caller still waited when it sent the call: no
    clock is compared with another machine's. They count from ``received_at``, which is
    a moment of the clock that never goes back.
    """

    principal: str | None = None
    request_id: str = ""
    idempotency_key: str | None = None
    deadline: float | None = None
    received_at: float = field(default_factory=time.monotonic)

    @classmethod
    def read(
        cls, headers: Mapping[str, Any], received_at: float | None = None
    ) -> "Headers":
        """Read a message's headers; values of a wrong type count as missing."""
        return cls(
            principal=_text(headers.get("principal")),
            request_id=_request_id(headers.get("request_id")),
            idempotency_key=_text(headers.get("idempotency_key")),
            deadline=_seconds(headers.get("deadline")),
            received_at=time.monotonic() if received_at is None else received_at,
        )

    @property
    def is_too_late(self) -> bool:
        """Whether the caller has stopped waiting."""
        if self.deadline is None:
            return False
        return time.monotonic() - self.received_at >= self.deadline

    def as_context(self) -> dict[str, str]:
        """Convert back to headers; leave out what is missing.

        The deadline is text, as not every AMQP library can send a float.
        """
        deadline = None if self.deadline is None else f"{self.deadline:.3f}"
        context = {
            "principal": self.principal,
            "request_id": self.request_id or None,
            "idempotency_key": self.idempotency_key,
            "deadline": deadline,
        }
        return {name: value for name, value in context.items() if value is not None}


class Dispatcher:
    """Dispatches calls and events to one service."""

    def __init__(self, service: Service, verify_key: Ed25519PublicKey) -> None:
        self.service = service
        self._verify_key = verify_key

    def answer(self, method_name: str, arguments: Any, headers: Headers) -> bytes:
        """Answer one call: JSON arguments in, the reply's bytes out.

        Never raises: a refusal is a reply too, and a fault is logged here and reported
        to the caller without its details.
        """
        service = self.service.contract.name
        started = time.perf_counter()
        detail = ""
        with structlog.contextvars.bound_contextvars(
            request_id=headers.request_id, service=service
        ):
            try:
                reply = encode_result(self._answer(method_name, arguments, headers))
                outcome = "ok"
            except ContractError as refusal:
                reply = encode_error(refusal)
                outcome, detail = refusal.code, refusal.detail
            except Exception:
                log.exception("fault", method=method_name)
                reply = encode_error(RemoteFault(f"fault in {service}"))
                outcome = "fault"
            ms = round((time.perf_counter() - started) * 1000, 1)
            log.info("call", method=method_name, outcome=outcome, detail=detail, ms=ms)
        return reply

    def _answer(self, method_name: str, arguments: Any, headers: Headers) -> Any:
        if headers.is_too_late:
            raise Unavailable("deadline_exceeded", "arrived too late; not executed")
        handler = self.service.methods.get(method_name)
        if handler is None:
            raise NotFound("no_such_method", method_name[:100])
        principal = self._principal(handler, headers)
        request: Request = from_wire(arguments, handler.method.request)
        call = Call(
            principal=principal,
            request_id=headers.request_id,
            now=self.service.runtime.clock.now(),
            method=handler.method,
            request=request,
        )
        if not handler.in_transaction:
            return to_wire(handler.function(self.service, call, request))
        return self._in_transaction(handler, call, request, headers.idempotency_key)

    def _principal(self, handler: MethodHandler, headers: Headers) -> Principal:
        permission = handler.method.permission
        if permission is Permission.PUBLIC:
            return nobody()
        now = self.service.runtime.clock.now()
        principal = verify(headers.principal, self._verify_key, now)
        principal.require(permission)
        if handler.method.needs_proof:
            principal.require_proof(now)
        return principal

    def _in_transaction(
        self, handler: MethodHandler, call: Call, request: Request, key: str | None
    ) -> Any:
        database = self.service.database
        is_operators = handler.method.permission is Permission.OPERATE
        if is_operators or handler.spans_companies:
            scope = database.system()
        else:
            scope = database.company(call.principal.require_company())
        with scope as session:
            if handler.method.effect is not Effect.CHANGE:
                return to_wire(handler.function(self.service, session, call, request))
            once = idempotency.Key.of(call.principal, handler.method.name, key, request)
            earlier = idempotency.claim(session, once, call.now)
            if earlier is not None:
                return earlier
            result = handler.function(self.service, session, call, request)
            change = self.service.change(session, call)
            record_activity(change, result)
            kept = to_wire(result)
            idempotency.keep_result(session, once, kept)
            return kept

    def process_events(self, handler: EventHandler, batch: Sequence[Any]) -> None:
        """Handle events, each once, in one transaction.

        Raises:
            InvalidInput: an envelope is malformed; it will never fit.
        """
        envelopes = [_open(handler, data) for data in batch]
        if handler.event.source == self.service.contract.name:
            self._write(handler, envelopes)
        else:
            with self.service.intake.taking_in(min(each.at for each in envelopes)):
                self._write(handler, envelopes)
        # One line for all of them: a line takes a tenth of what an event does.
        log.info(
            "events",
            handler=handler.name,
            event_name=str(handler.event),
            request_ids=[each.request_id for each in envelopes],
        )

    def _write(
        self, handler: EventHandler, envelopes: Sequence[events.Envelope[Any]]
    ) -> None:
        now = self.service.runtime.clock.now()
        with self.service.database.system() as session:
            new = events.record_new(session, handler.name, envelopes, now)
            if new:
                handler.function(self.service, session, new)


def _open(handler: EventHandler, data: Any) -> events.Envelope[Any]:
    envelope = events.open_envelope(handler.event, data)
    if (envelope.source, envelope.name) != (handler.event.source, handler.event.name):
        raise InvalidInput("malformed_message", f"not a {handler.event}")
    return envelope


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _request_id(value: Any) -> str:
    # It goes into events: PostgreSQL's JSON holds neither NUL nor half a pair.
    characters = (_text(value) or "")[:MAX_REQUEST_ID_LENGTH]
    return "".join(filter(str.isprintable, characters))


def _seconds(value: Any) -> float | None:
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) else None
