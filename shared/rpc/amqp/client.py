"""Call nameko services over RabbitMQ.

All threads share one connection; a correlation id leads each reply to the future that
waits for it. Nothing waits for ever and nothing is kept for ever: each call has a
deadline, which also expires its message on the broker, and their number is bounded.
"""

import hmac
import itertools
import secrets
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from pika import BasicProperties
from prometheus_client import CollectorRegistry, Counter, Gauge

from shared.contract import Effect, Method, RequestT, ResponseT
from shared.errors import ContractError, InvalidInput, RemoteFault, Unavailable
from shared.rpc.amqp.clock_skew import ClockSkew
from shared.rpc.amqp.link import Link
from shared.rpc.call_watch import CallWatch
from shared.rpc.client import CallContext
from shared.rpc.deadlines import end_with
from shared.rpc.dispatch import Headers
from shared.rpc.messages import (
    CONTENT_ENCODING,
    CONTENT_TYPE,
    HEADER_PREFIX,
    SENT_AT,
    decode_reply,
    encode_call,
)

log = structlog.get_logger()

MAX_PENDING = 1_000
"""Calls that may wait at once; more would only come too late."""

_TRANSIENT, _PERSISTENT = 1, 2


class _Call:
    """One call in progress; belongs to the link's thread once taken over."""

    __slots__ = (
        "body",
        "context",
        "deadline",
        "future",
        "may_repeat",
        "method",
        "sent",
        "sent_at",
        "timer",
    )

    def __init__(
        self, method: Method[Any, Any], body: bytes, context: CallContext
    ) -> None:
        self.method = method
        self.body = body
        self.context = context
        self.deadline = time.monotonic() + context.timeout_s
        self.sent_at = 0.0
        self.future: Future[Any] = Future()
        self.sent = False
        self.may_repeat = _is_safe_to_repeat(method, context)
        self.timer: Any = None

    def properties(self, correlation_id: str, reply_key: str) -> BasicProperties:
        left_s = max(0.001, self.deadline - time.monotonic())
        headers = Headers(
            principal=self.context.principal,
            request_id=self.context.request_id,
            idempotency_key=self.context.idempotency_key,
            deadline=left_s,
        )
        return BasicProperties(
            content_type=CONTENT_TYPE,
            content_encoding=CONTENT_ENCODING,
            headers={
                HEADER_PREFIX + name: value
                for name, value in headers.as_context().items()
            },
            delivery_mode=_delivery_mode(self.method),
            correlation_id=correlation_id,
            reply_to=reply_key,
            expiration=str(int(left_s * 1000)),
        )


class AmqpClient:
    """A `shared.rpc.client.ServiceClient` over RabbitMQ."""

    def __init__(self, amqp_url: str, max_pending: int = MAX_PENDING) -> None:
        self._link = Link(amqp_url, self)
        self._max_pending = max_pending
        self._new: deque[_Call] = deque()
        self._waking = False
        self._pending: dict[str, _Call] = {}
        self._ids = _CorrelationIds()
        self._closed = False
        # False while the broker is known to be away: calls then fail at once.
        self._hopeful = True
        self._watch = CallWatch()
        self._skew = ClockSkew()
        self._lost = Counter(
            "client_connections_lost_total",
            "Connections to the broker that were lost; another is made after each.",
            registry=self._watch.registry,
        )
        self._connected = Gauge(
            "client_connected",
            "1 while there is a connection to the broker.",
            registry=self._watch.registry,
            multiprocess_mode="livemin",
        )

    def start(
        self,
        method: Method[RequestT, ResponseT],
        request: RequestT,
        context: CallContext,
    ) -> Future[ResponseT]:
        try:
            self._admit(method.service)
            call = _Call(method, encode_call(request), context)
        except (Unavailable, InvalidInput) as refusal:
            self._watch.count_refused(method, refusal)
            refused: Future[ResponseT] = Future()
            refused.set_exception(refusal)
            return refused
        self._watch.follow(method, call.future)
        self._new.append(call)
        if not self._waking:
            self._waking = True
            self._link.run_soon(self._take_over_new)
        if self._closed:  # meanwhile, and perhaps after `close` has looked
            end_with(call.future, Unavailable("client_closed"))
        return call.future

    def close(self) -> None:
        self._closed = True
        self._link.run_soon(partial(self._end_all, "client_closed"))
        self._link.close()
        while self._new:
            end_with(self._new.popleft().future, Unavailable("client_closed"))

    def is_connected(self) -> bool:
        """Return whether calls can be sent now; start connecting if necessary.

        The link is up a moment before calls are admitted again, and stays up while the
        broker takes nothing more.
        """
        self._link.start()
        return self._link.is_up and self._hopeful

    @property
    def pending_count(self) -> int:
        """The number of calls waiting for an answer."""
        return len(self._pending) + len(self._new)

    @property
    def figures(self) -> CollectorRegistry:
        return self._watch.registry

    def _admit(self, service: str) -> None:
        """Refuse a call that should not be sent.

        Raises:
            Unavailable: ``client_closed``, ``broker_unreachable``, ``too_many_calls``
                or ``service_resting``.
        """
        if self._closed:
            raise Unavailable("client_closed")
        if not self._hopeful:
            raise Unavailable("broker_unreachable")
        if self.pending_count >= self._max_pending:
            raise Unavailable("too_many_calls")
        self._watch.admit(service)

    # What follows runs in the link's thread.

    def link_up(self) -> None:
        self._hopeful = True
        self._connected.set(1)
        for correlation_id, call in list(self._pending.items()):
            if not call.sent:
                self._publish(correlation_id, call)

    def link_lost(self) -> None:
        self._lost.inc()
        self._connected.set(0)
        for correlation_id, call in list(self._pending.items()):
            if call.sent and call.may_repeat:
                call.sent = call.may_repeat = False
            elif call.sent:
                self._end(correlation_id, "connection_lost")

    def link_refused(self) -> None:
        self._hopeful = False
        self._end_all("broker_unreachable")

    def reply_came(
        self, correlation_id: str, body: bytes, headers: Mapping[str, Any]
    ) -> None:
        service = self._ids.service_of(correlation_id)
        if service is None:
            log.warning("reply_forged")
            return
        self._watch.record_answer(service)
        call = self._drop(correlation_id)
        if call is None:
            log.info("late_reply")
            return
        self._skew.note(call.method.service, call.sent_at, headers.get(SENT_AT))
        try:
            response = decode_reply(body, call.method.response)
        except (ContractError, RemoteFault) as error:
            end_with(call.future, error)
        else:
            _set_result(call.future, response)

    def call_returned(self, correlation_id: str) -> None:
        self._end(correlation_id, "service_unreachable")

    def _take_over_new(self) -> None:
        # Cleared first: a call added from here on wakes this thread again.
        self._waking = False
        while self._new:
            self._take_over(self._new.popleft())

    def _take_over(self, call: _Call) -> None:
        correlation_id = self._ids.new(call.method.service)
        self._pending[correlation_id] = call
        call.future.add_done_callback(partial(self._on_done, correlation_id))
        call.timer = self._link.call_later(
            max(0.0, call.deadline - time.monotonic()),
            partial(self._expire, correlation_id),
        )
        if self._link.is_up:
            self._publish(correlation_id, call)
        elif not self._hopeful:
            self._end(correlation_id, "broker_unreachable")

    def _publish(self, correlation_id: str, call: _Call) -> None:
        call.sent = True
        call.sent_at = time.time()
        self._link.publish(
            str(call.method),
            call.body,
            call.properties(correlation_id, self._link.reply_key),
        )

    def _on_done(self, correlation_id: str, future: Future[Any]) -> None:
        """Forget a cancelled call, whichever thread cancelled it."""
        if future.cancelled() and not self._closed:
            self._link.run_soon(partial(self._drop, correlation_id))

    def _expire(self, correlation_id: str) -> None:
        call = self._pending.get(correlation_id)
        if call is not None:
            # What was never sent is not held against the service.
            code = "deadline_exceeded" if call.sent else "broker_unreachable"
            self._end(correlation_id, code)

    def _end_all(self, code: str) -> None:
        for correlation_id in list(self._pending):
            self._end(correlation_id, code)

    def _end(self, correlation_id: str, code: str) -> None:
        call = self._drop(correlation_id)
        if call is not None:
            end_with(call.future, Unavailable(code, str(call.method)))

    def _drop(self, correlation_id: str) -> _Call | None:
        call = self._pending.pop(correlation_id, None)
        if call is not None:
            self._link.cancel_later(call.timer)
        return call


class _CorrelationIds:
    """Ids that only the called service can know.

    All services may publish to the reply queue: with ids that can be guessed, one could
    answer in another's name. Each names its service, so that a late reply still tells
    that it is alive.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._numbers = itertools.count()

    def new(self, service: str) -> str:
        name = f"{service}.{next(self._numbers):x}"
        return f"{name}.{self._seal(name)}"

    def service_of(self, correlation_id: str) -> str | None:
        """Return the service that an id was sent to; None if it is unknown."""
        name, _, seal = correlation_id.rpartition(".")
        if not hmac.compare_digest(seal.encode(), self._seal(name).encode()):
            return None
        return name.partition(".")[0]

    def _seal(self, name: str) -> str:
        return hmac.digest(self._key, name.encode(), "sha256").hex()[:32]


def _delivery_mode(method: Method[Any, Any]) -> int:
    """Return the delivery mode: the broker writes persistent messages to its disk."""
    is_change = method.effect is Effect.CHANGE
    return _PERSISTENT if is_change and not method.carries_secret else _TRANSIENT


def _is_safe_to_repeat(method: Method[Any, Any], context: CallContext) -> bool:
    if method.effect is Effect.CHANGE:
        return context.idempotency_key is not None
    return method.effect is Effect.READ


def _set_result(future: Future[Any], result: Any) -> None:
    with suppress(InvalidStateError):  # ended a moment ago, by its caller
        future.set_result(result)
