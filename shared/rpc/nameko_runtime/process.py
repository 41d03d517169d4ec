"""Run the process of one service, from settings to the last call."""

import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from random import SystemRandom
from typing import Any, TypeVar

import eventlet
import structlog
from eventlet import tpool
from eventlet.event import Event
from eventlet.hubs import get_hub
from nameko.constants import RPC_EXCHANGE_CONFIG_KEY
from nameko.extensions import register_entrypoint
from nameko.runners import ServiceRunner

from shared.clock import make_clock
from shared.db.server_log import settings_that_log_data
from shared.errors import Unavailable
from shared.logs import configure_logs, log_exception, log_uncaught
from shared.principal import load_public_key
from shared.rpc.delivery import Delivery, deliver_all
from shared.rpc.dispatch import Dispatcher, Headers
from shared.rpc.jobs import JobThreads, common_jobs
from shared.rpc.messages import RPC_EXCHANGE
from shared.rpc.nameko_runtime.calls import MAX_WORKERS, CallEntrypoint
from shared.rpc.nameko_runtime.event_handlers import EventEntrypoint
from shared.rpc.nameko_runtime.messages import TRANSPORT_OPTIONS, MessageConsumer
from shared.rpc.nameko_runtime.publisher import Publisher
from shared.rpc.service import EventHandler, Service
from shared.rpc.signatures import EventKeys, load_event_keys, load_signer
from shared.runtime import Runtime
from shared.settings import Settings, read_settings

log = structlog.get_logger()

Result = TypeVar("Result")

STOP_WITHIN_S = 8
"""A supervisor usually kills after ten seconds."""

_COMPUTING_THREADS = 1
"""Passwords of a hundred logins wait for each other, not everybody's pages for them."""
_HEARTBEAT_S = 10
_TRY_AGAIN_S = 1


def serve(name: str, build: Callable[[Settings, Runtime], Service]) -> None:
    """Run a service until it is stopped, then finish its current work.

    Settings come from the environment. Neither its database nor the broker need be
    there yet. Returns after SIGTERM or SIGINT.

    Raises:
        SystemExit: the service has died; the log says why.
    """
    settings = read_settings()
    configure_logs(name)
    log_uncaught()
    _log_what_eventlet_prints()
    tpool.set_num_threads(_COMPUTING_THREADS)
    clock = make_clock(settings.clock_offset_file)
    runtime = Runtime(clock, SystemRandom(), offload)
    service = _build_when_possible(partial(build, settings, runtime))
    _warn_if_database_logs_data(service)
    verify_key = load_public_key(settings.keys_dir / "principal.pub")
    publisher = Publisher(settings.amqp_url, name, load_signer(settings.keys_dir, name))
    sources = {handler.event.source for handler in service.event_handlers}
    event_keys = load_event_keys(settings.keys_dir, sources)
    dispatcher = Dispatcher(service, verify_key)
    _Process(dispatcher, settings.amqp_url, publisher, event_keys).run()


def offload(function: Callable[[], Result]) -> Result:
    """Compute in a real thread, one at a time, while other calls continue."""
    result: Result = tpool.execute(function)
    return result


def _log_what_eventlet_prints() -> None:
    """Log errors that end a green thread or a timer, like `log_uncaught`."""
    hub = get_hub()

    def log_generic(exc_info: Any) -> None:
        log_exception(exc_info[1])

    def log_timer(_timer: object, exc_info: Any) -> None:
        log_exception(exc_info[1])

    hub.squelch_generic_exception = log_generic
    hub.squelch_timer_exception = log_timer


def _build_when_possible(build: Callable[[], Service]) -> Service:
    """Build the service as soon as its database can be reached."""
    while True:
        try:
            return build()
        except Unavailable as database:
            log.warning(database.code, error=database.detail, again_in_s=_TRY_AGAIN_S)
            eventlet.sleep(_TRY_AGAIN_S)


def _warn_if_database_logs_data(service: Service) -> None:
    with suppress(Unavailable), service.database.system() as session:
        if settings := settings_that_log_data(session):
            log.warning("database_logs_data", settings=settings)


class _Process:
    def __init__(
        self,
        dispatcher: Dispatcher,
        amqp_url: str,
        publisher: Publisher,
        event_keys: EventKeys,
    ) -> None:
        self._publisher = publisher
        self._stopping = threading.Event()
        self._jobs = JobThreads(
            (
                *common_jobs(dispatcher.service, self._publisher.publish_event),
                *dispatcher.service.jobs(),
            ),
            dispatcher.service.runtime,
        )
        self._runner = ServiceRunner(
            {
                "AMQP_URI": amqp_url,
                RPC_EXCHANGE_CONFIG_KEY: RPC_EXCHANGE,
                "max_workers": MAX_WORKERS,
                "HEARTBEAT": _HEARTBEAT_S,
                "TRANSPORT_OPTIONS": TRANSPORT_OPTIONS,
            }
        )
        self._runner.add_service(
            nameko_service(dispatcher, publisher, event_keys, self._stopping)
        )
        self._end = Event()

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        eventlet.spawn(self._serve)
        status = self._end.wait()
        if status:
            raise SystemExit(status)
        self._stop()

    def _serve(self) -> None:
        try:
            self._jobs.start()
            self._runner.start()
            log.info("serving")
            self._runner.wait()
        except Exception:
            log.critical("service_died", exc_info=True)
            self._finish(1)

    def _on_signal(self, _number: int, _frame: object) -> None:
        # A signal handler runs in the hub, which can't switch to another thread.
        eventlet.spawn_n(self._finish, 0)

    def _finish(self, status: int) -> None:
        if not self._end.ready():
            self._end.send(status)

    def _stop(self) -> None:
        log.info("stopping")
        self._stopping.set()
        with eventlet.Timeout(STOP_WITHIN_S, exception=False):
            self._jobs.stop()
            # Without a broker no caller waits for an answer, but nameko waits for ever.
            if self._is_connected():
                self._runner.stop()
            self._publisher.close()
            log.info("stopped")

    def _is_connected(self) -> bool:
        (container,) = self._runner.containers
        consumer = container.shared_extensions.get(MessageConsumer)
        return bool(consumer and consumer.is_connected)


def nameko_service(
    dispatcher: Dispatcher,
    publisher: Publisher,
    event_keys: EventKeys,
    stopping: threading.Event,
) -> type:
    """Make the class that nameko runs: an entrypoint for each method and handler."""
    service = dispatcher.service
    members: dict[str, Any] = {
        "name": service.contract.name,
        "dispatcher": dispatcher,
        "publisher": publisher,
        "event_keys": event_keys,
    }
    for method_name in service.methods:
        function = _call_function(method_name)
        register_entrypoint(function, CallEntrypoint())
        members[method_name] = function
    for handler in service.event_handlers:
        if handler.name not in members:
            members[handler.name] = _event_function(stopping)
        register_entrypoint(members[handler.name], EventEntrypoint(handler))
    return type(f"Nameko{type(service).__name__}", (), members)


def _call_function(method_name: str) -> Callable[..., bytes]:
    def answer(self: Any, arguments: Mapping[str, Any], headers: Headers) -> bytes:
        reply: bytes = self.dispatcher.answer(method_name, arguments, headers)
        return reply

    return answer


def _event_function(stopping: threading.Event) -> Callable[..., list[Delivery]]:
    def process(
        self: Any, handler: EventHandler, batch: Sequence[Any]
    ) -> list[Delivery]:
        return deliver_all(self.dispatcher, handler, batch, stopping)

    return process
