"""The web process's single connection to RabbitMQ, and its thread.

A pika connection may be touched by one thread only. Everything here and every method
of the `Listener` runs in that thread, except `start`, `run_soon`, `is_up` and
`close`.
"""

import random
import threading
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

import pika
import structlog
from pika.adapters.select_connection import IOLoop, SelectConnection

from shared.backoff import Backoff
from shared.rpc.messages import RPC_EXCHANGE

log = structlog.get_logger()

_HEARTBEAT_S = 10
_CONNECT_TIMEOUT_S = 3
_BACKOFF = Backoff.doubling(first_s=0.1, longest_s=2.0)
_CLOSE_WITHIN_S = 5


class Listener(Protocol):
    def link_up(self) -> None:
        """The link is up: calls can be published."""

    def link_lost(self) -> None:
        """The connection was lost; the first reconnection attempt starts."""

    def link_refused(self) -> None:
        """A connection attempt failed; others follow with back-off."""

    def reply_came(
        self, correlation_id: str, body: bytes, headers: Mapping[str, Any]
    ) -> None: ...

    def call_returned(self, correlation_id: str) -> None:
        """A call was returned: the service has never run and has no queue."""


class Link:
    """Stays connected, with back-off, until it is closed.

    The thread starts with the first use, so that a server may fork before.
    """

    def __init__(self, amqp_url: str, listener: Listener) -> None:
        self._parameters = _parameters(amqp_url)
        self._listener = listener
        self._loop = IOLoop()
        self._connection: SelectConnection | None = None
        self._thread: threading.Thread | None = None
        self._life = threading.Lock()
        self._failures = 0
        self._closing = False
        self._was_up = False
        self._channel: Any = None
        self.reply_key = ""

    @property
    def is_up(self) -> bool:
        """Whether calls can be published and their replies received."""
        return self._channel is not None

    def start(self) -> None:
        """Start connecting unless that has started."""
        with self._life:
            self._start()

    def run_soon(self, callback: Callable[[], object]) -> None:
        """Run ``callback`` in the link's thread; has no effect once it is closed."""
        with self._life:
            if not self._closing:
                self._start()
                self._loop.add_callback_threadsafe(callback)

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Any:
        return self._loop.call_later(delay_s, callback)

    def cancel_later(self, timer: Any) -> None:
        self._loop.remove_timeout(timer)

    def publish(self, key: str, body: bytes, properties: pika.BasicProperties) -> None:
        """Send a call; the link must be up."""
        self._channel.basic_publish(RPC_EXCHANGE, key, body, properties, mandatory=True)

    def close(self) -> None:
        """Disconnect and end the thread."""
        with self._life:
            if self._closing:
                return
            self._closing = True
            if self._thread is not None:
                self._loop.add_callback_threadsafe(self._shut)
        if self._thread is not None:
            self._thread.join(_CLOSE_WITHIN_S)
        self._loop.close()

    def _start(self) -> None:
        if self._thread is None and not self._closing:
            self._thread = threading.Thread(target=self._run, name="amqp", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        self._connect()
        while True:
            try:
                self._loop.start()
            except Exception:
                # One callback's fault must not end all calls of the process.
                log.exception("fault_in_amqp_thread")
            else:
                return

    def _connect(self) -> None:
        if self._closing:
            self._loop.stop()
            return
        self._connection = SelectConnection(
            self._parameters,
            on_open_callback=self._on_connected,
            on_open_error_callback=self._on_refused,
            on_close_callback=self._on_lost,
            custom_ioloop=self._loop,
        )

    def _shut(self) -> None:
        self._channel = None
        if self._connection is not None and self._connection.is_open:
            self._connection.close()
        elif self._connection is None or self._connection.is_closed:
            self._loop.stop()

    def _on_refused(self, _connection: object, error: object) -> None:
        log.warning("broker_unreachable", error=repr(error))
        self._connection = None
        self._listener.link_refused()
        self._connect_later()

    def _on_lost(self, _connection: object, reason: object) -> None:
        was_up = self._was_up
        self._was_up = False
        self._channel = None
        self._connection = None
        if self._closing:
            self._loop.stop()
            return
        log.warning("broker_connection_lost", reason=repr(reason))
        if was_up:
            self._listener.link_lost()
            self._connect()
        else:
            self._listener.link_refused()
            self._connect_later()

    def _connect_later(self) -> None:
        # Jitter keeps many processes from coming back all at once.
        self._failures += 1
        pause_s = _BACKOFF.pause_s(self._failures) * random.uniform(0.5, 1.0)  # noqa: S311
        self._loop.call_later(pause_s, self._connect)

    def _on_connected(self, connection: SelectConnection) -> None:
        if self._closing:
            connection.close()
            return
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)
        connection.channel(on_open_callback=self._on_channel)

    def _on_channel(self, channel: Any) -> None:
        """Set up the reply queue; the broker handles requests in order."""
        # The queue has the name of its key: the account may make and bind no other.
        key = f"reply.{self._parameters.credentials.username}.{uuid.uuid4()}"
        channel.add_on_close_callback(self._on_channel_closed)
        channel.add_on_return_callback(self._on_return)
        channel.queue_declare(key, exclusive=True, auto_delete=True, callback=_unused)
        channel.queue_bind(key, RPC_EXCHANGE, key, callback=_unused)
        channel.basic_consume(
            key,
            self._on_reply,
            auto_ack=True,
            exclusive=True,
            callback=partial(self._on_ready, channel, key),
        )

    def _on_ready(self, channel: Any, key: str, _frame: object) -> None:
        self._channel = channel
        self._was_up = True
        self.reply_key = key
        self._failures = 0
        log.info("broker_connected")
        self._listener.link_up()

    def _on_channel_closed(self, _channel: object, reason: object) -> None:
        self._channel = None
        if self._connection is not None and self._connection.is_open:
            log.warning("broker_closed_channel", reason=repr(reason))
            self._connection.close()

    def _on_blocked(self, _connection: object, _method: object) -> None:
        """The broker is short of memory or disk and accepts nothing more."""
        log.warning("broker_blocked")
        self._listener.link_refused()

    def _on_unblocked(self, _connection: object, _method: object) -> None:
        if self.is_up:
            self._listener.link_up()

    def _on_reply(
        self, _channel: object, _deliver: object, properties: Any, body: bytes
    ) -> None:
        self._listener.reply_came(
            properties.correlation_id or "", body, properties.headers or {}
        )

    def _on_return(
        self, _channel: object, _method: object, properties: Any, _body: bytes
    ) -> None:
        self._listener.call_returned(properties.correlation_id)


def _unused(_frame: object) -> None:
    """Ignore pika's answer; pika waits only if there is a callback."""


def _parameters(amqp_url: str) -> pika.URLParameters:
    parameters = pika.URLParameters(amqp_url)
    parameters.heartbeat = _HEARTBEAT_S
    parameters.connection_attempts = 1
    parameters.socket_timeout = _CONNECT_TIMEOUT_S
    parameters.stack_timeout = _CONNECT_TIMEOUT_S + 1
    return parameters
