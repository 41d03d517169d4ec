"""Jobs: repeated work that every service has, and their threads.

Under nameko the threads are green, since its runtime replaces the threading module.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import msgspec
import structlog

from shared.db import events, idempotency
from shared.db.events import Publish
from shared.errors import ContractError, Unavailable
from shared.rpc.delivery import Delivery, deliver
from shared.rpc.dispatch import Dispatcher
from shared.rpc.service import Job, Service
from shared.runtime import Runtime

log = structlog.get_logger()

STOP_WITHIN_S = 5.0


def common_jobs(service: Service, publish: Publish) -> tuple[Job, ...]:
    """Return the jobs that every service has in addition to its own."""
    database, clock = service.database, service.runtime.clock

    def relay_events(_request_id: str) -> None:
        while events.relay(database, publish, clock.now()) == events.RELAY_BATCH:
            pass

    def forget_old_keys_and_events(_request_id: str) -> None:
        with database.system() as session:
            idempotency.forget_old_keys(session, clock.now())
            events.forget_old_events(session, clock.now(), service.contract.events)

    return (
        # A commit wakes it; the interval is for what another process left behind.
        Job(
            "relay_events",
            timedelta(seconds=1),
            relay_events,
            wake=database.events_waiting,
        ),
        Job("forget_old", timedelta(hours=1), forget_old_keys_and_events),
    )


class JobThreads:
    """Runs each job in its own thread, at once and then at its interval.

    A job that fails is logged and has its next turn as usual.
    """

    def __init__(self, jobs: Iterable[Job], runtime: Runtime) -> None:
        self._runtime = runtime
        self._wakers = [(job, job.wake or threading.Event()) for job in jobs]
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()

    def start(self) -> None:
        for job, wake in self._wakers:
            thread = threading.Thread(
                target=self._repeat, args=(job, wake), name=job.name, daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def stop(self, within_s: float = STOP_WITHIN_S) -> None:
        """Let each job finish its current run, and start no new one."""
        self._stopping.set()
        for _, wake in self._wakers:
            wake.set()
        for thread in self._threads:
            thread.join(within_s)

    def _repeat(self, job: Job, wake: threading.Event) -> None:
        while not self._stopping.is_set():
            # Cleared before the work: what is committed during it wakes us again.
            wake.clear()
            self._run(job)
            if not self._stopping.is_set():
                wake.wait(job.every.total_seconds())

    def _run(self, job: Job) -> None:
        with _new_run(job, self._runtime) as request_id:
            try:
                job.run(request_id)
            except ContractError as refusal:
                log.warning("job_refused", code=refusal.code, detail=refusal.detail)
            except Exception:
                log.exception("job_failed")


def run_job(job: Job, runtime: Runtime) -> None:
    """Run a job once in this thread."""
    with _new_run(job, runtime) as request_id:
        job.run(request_id)


@contextmanager
def _new_run(job: Job, runtime: Runtime) -> Iterator[str]:
    """Provide a run of the job with its own request id in the logs."""
    request_id = runtime.new_request_id()
    with structlog.contextvars.bound_contextvars(job=job.name, request_id=request_id):
        yield request_id


def local_publish(
    dispatchers: Mapping[str, Dispatcher], stopping: threading.Event | None = None
) -> Publish:
    """Deliver events to the handlers in this process, through JSON like the broker.

    An event that a handler can't take in is logged, as there is no dead-letter queue.
    Nothing is signed: an intruder who could forge an event here has the keys as well.
    ``stopping`` cuts short the waiting between tries.
    """
    stop = stopping or threading.Event()
    handlers = [
        (dispatcher, handler)
        for dispatcher in dispatchers.values()
        for handler in dispatcher.service.event_handlers
    ]

    def publish(name: str, envelope: Any) -> None:
        data = msgspec.json.decode(msgspec.json.encode(envelope))
        for dispatcher, handler in handlers:
            if (handler.event.source, handler.event.name) != (data["source"], name):
                continue
            outcome = deliver(dispatcher, handler, data, stop)
            if outcome is Delivery.UNFINISHED:
                raise Unavailable("stopping", f"{handler.event} is to come again")
            if outcome is Delivery.DEAD:
                log.error("dead_letter", handler=handler.name, event_id=data["id"])

    return publish
