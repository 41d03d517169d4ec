"""Observe a client's calls: circuit breakers, counts and durations."""

import threading
import time
from concurrent.futures import Future
from functools import partial
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from shared.contract import Method
from shared.errors import ContractError, RemoteFault, Unavailable
from shared.rpc.breaker import Breaker

log = structlog.get_logger()

_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 2.0, 5.0)


class CallWatch:
    """One client's breakers and metrics; safe to use from any thread.

    ``registry`` has the metrics; those of several processes are added up
    (see `web.site.admin`).
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._breakers: dict[str, Breaker] = {}
        self._lock = threading.Lock()
        self._calls = Counter(
            "client_calls_total",
            "Calls to services that have ended.",
            ("method", "outcome"),
            registry=self.registry,
        )
        self._durations = Histogram(
            "client_call_seconds",
            "Time until a call ended, if it was not refused at once.",
            ("method",),
            buckets=_BUCKETS_S,
            registry=self.registry,
        )
        self._resting = Gauge(
            "client_service_resting",
            "1 while calls to the service are refused because it doesn't answer.",
            ("service",),
            registry=self.registry,
            multiprocess_mode="livemax",
        )
        self._pending = Gauge(
            "client_calls_pending",
            "Calls waiting for an answer.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )

    def admit(self, service: str) -> None:
        """Let a call pass.

        Raises:
            Unavailable: ``service_resting``; the service doesn't answer at the moment.
        """
        if not self._breaker(service).allows(time.monotonic()):
            raise Unavailable("service_resting", service)

    def follow(self, method: Method[Any, Any], future: Future[Any]) -> None:
        """Observe a call that is about to be sent."""
        self._pending.inc()
        future.add_done_callback(partial(self._ended, method, time.monotonic()))

    def count_refused(self, method: Method[Any, Any], refusal: ContractError) -> None:
        """Count a call that was never sent."""
        self._calls.labels(str(method), _outcome(refusal)).inc()

    def record_answer(self, service: str) -> None:
        """Record a service's answer, in time or not; ignore one never called."""
        breaker = self._breakers.get(service)
        if breaker is not None and breaker.record_answer(time.monotonic()):
            self._resting.labels(service).set(0)
            log.info("service_answers_again", service=service)

    def _breaker(self, service: str) -> Breaker:
        known = self._breakers.get(service)
        if known is not None:
            return known
        with self._lock:
            breaker = self._breakers.setdefault(service, Breaker())
        self._resting.labels(service)
        return breaker

    def _ended(
        self, method: Method[Any, Any], sent_at: float, future: Future[Any]
    ) -> None:
        now = time.monotonic()
        self._pending.dec()
        error = None if future.cancelled() else future.exception()
        outcome = "cancelled" if future.cancelled() else _outcome(error)
        self._calls.labels(str(method), outcome).inc()
        self._durations.labels(str(method)).observe(now - sent_at)
        if outcome == "deadline_exceeded":
            breaker = self._breaker(method.service)
            if breaker.record_timeout(sent_at, now):
                self._resting.labels(method.service).set(1)
                log.warning("service_rests", service=method.service)


def _outcome(error: BaseException | None) -> str:
    match error:
        case None:
            return "ok"
        case Unavailable():
            return error.code
        case ContractError():
            return "refused"
        case RemoteFault():
            return "fault"
        case _:
            return "error"
