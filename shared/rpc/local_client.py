"""Call services in this process, for the embedded run and for tests.

Arguments and results pass through the same JSON, deadlines and dispatch as over
RabbitMQ; only the broker is missing.
"""

from collections.abc import Mapping
from concurrent.futures import Executor, Future, InvalidStateError
from typing import Any

import structlog
from prometheus_client import CollectorRegistry

from shared.contract import Method, RequestT, ResponseT
from shared.errors import ContractError, InvalidInput, RemoteFault, Unavailable
from shared.rpc.call_watch import CallWatch
from shared.rpc.client import CallContext
from shared.rpc.deadlines import Deadlines, end_with
from shared.rpc.dispatch import Dispatcher, Headers
from shared.rpc.messages import decode_call, decode_reply, encode_call

log = structlog.get_logger()


class LocalClient:
    """A `shared.rpc.client.ServiceClient` over dispatchers by service name.

    Each service has an executor of its own: one that is slow keeps no other waiting.
    """

    def __init__(
        self, dispatchers: Mapping[str, Dispatcher], executors: Mapping[str, Executor]
    ) -> None:
        self._dispatchers = dispatchers
        self._executors = executors
        self._deadlines = Deadlines()
        self._closed = False
        self._watch = CallWatch()

    def start(
        self,
        method: Method[RequestT, ResponseT],
        request: RequestT,
        context: CallContext,
    ) -> Future[ResponseT]:
        future: Future[ResponseT] = Future()
        try:
            self._admit(method.service)
            call = encode_call(request)
        except (Unavailable, InvalidInput) as refusal:
            self._watch.count_refused(method, refusal)
            end_with(future, refusal)
            return future
        self._watch.follow(method, future)
        self._deadlines.watch(future, context.timeout_s)
        headers = Headers(
            principal=context.principal,
            request_id=context.request_id,
            idempotency_key=context.idempotency_key,
            deadline=context.timeout_s,
        )
        executor = self._executors[method.service]
        executor.submit(self._run, future, method, call, headers)
        return future

    @property
    def figures(self) -> CollectorRegistry:
        return self._watch.registry

    def close(self) -> None:
        self._closed = True
        self._deadlines.close()

    def _admit(self, service: str) -> None:
        if self._closed:
            raise Unavailable("client_closed")
        if service not in self._dispatchers:
            raise Unavailable("service_unreachable", service)
        self._watch.admit(service)

    def _run(
        self,
        future: Future[ResponseT],
        method: Method[Any, ResponseT],
        call: bytes,
        headers: Headers,
    ) -> None:
        if future.done():
            return
        dispatcher = self._dispatchers[method.service]
        try:
            reply = dispatcher.answer(method.name, decode_call(call), headers)
            self._watch.record_answer(method.service)
            response = decode_reply(reply, method.response)
        except (ContractError, RemoteFault) as error:
            end_with(future, error)
        else:
            _end_with_result(future, response)


def _end_with_result(future: Future[ResponseT], response: ResponseT) -> None:
    try:
        future.set_result(response)
    except InvalidStateError:
        log.info("late_answer")
