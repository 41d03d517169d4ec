"""Calls services in this process, for the embedded run and for tests.

Arguments and results pass through the same JSON, deadlines and dispatch as over
RabbitMQ; only the broker is missing.
"""

import time
from collections.abc import Mapping
from concurrent.futures import Executor, Future, InvalidStateError
from typing import Any

import msgspec
import structlog

from shared.client import CallContext
from shared.contract import Method, RequestT, ResponseT
from shared.deadlines import Deadlines, end_with
from shared.dispatch import Dispatcher, Headers
from shared.errors import ContractError, RemoteFault, Unavailable, rebuild
from shared.wire import from_wire, to_json

log = structlog.get_logger()


class LocalClient:
    """A `shared.client.ServiceClient` over dispatchers by service name."""

    def __init__(
        self, dispatchers: Mapping[str, Dispatcher], executor: Executor
    ) -> None:
        self._dispatchers = dispatchers
        self._executor = executor
        self._deadlines = Deadlines()
        self._closed = False

    def start(
        self,
        method: Method[RequestT, ResponseT],
        request: RequestT,
        context: CallContext,
    ) -> Future[ResponseT]:
        future: Future[ResponseT] = Future()
        if self._closed or method.service not in self._dispatchers:
            end_with(future, Unavailable("service_unreachable", method.service))
            return future
        self._deadlines.watch(future, context.timeout_s)
        headers = Headers(
            principal=context.principal,
            request_id=context.request_id,
            idempotency_key=context.idempotency_key,
            deadline=time.time() + context.timeout_s,
        )
        self._executor.submit(self._run, future, method, to_json(request), headers)
        return future

    def close(self) -> None:
        self._closed = True
        self._deadlines.close()

    def _run(
        self,
        future: Future[ResponseT],
        method: Method[Any, ResponseT],
        arguments: bytes,
        headers: Headers,
    ) -> None:
        if future.done():
            return
        try:
            result = self._answer(method, arguments, headers)
            response = from_wire(result, method.response)
        except ContractError as refusal:
            parts = [str(part) for part in refusal.args]
            end_with(future, rebuild(type(refusal).__name__, parts))
        except Exception as fault:
            log.exception("fault", method=str(method))
            end_with(future, RemoteFault(f"{type(fault).__name__} in {method}"))
        else:
            _end_with_result(future, response)

    def _answer(
        self, method: Method[Any, Any], arguments: bytes, headers: Headers
    ) -> Any:
        dispatcher = self._dispatchers[method.service]
        result = dispatcher.call(method.name, msgspec.json.decode(arguments), headers)
        return msgspec.json.decode(msgspec.json.encode(result))


def _end_with_result(future: Future[ResponseT], response: ResponseT) -> None:
    try:
        future.set_result(response)
    except InvalidStateError:
        log.info("late_answer")
