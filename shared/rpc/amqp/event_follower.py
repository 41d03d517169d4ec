"""Follow every event of some services on the broker, without storing any.

For who only wants to know that something changed: unlike a service's handlers it has
no durable queue, so what passes while it is away is missed, and it says so. It has a
connection and a thread of its own, since replies to calls must not wait behind a burst
of events, nor fail with them.
"""

import threading
from collections.abc import Iterable
from typing import Any, Protocol
from uuid import uuid4

import msgspec
import pika
import structlog
from pika.exceptions import AMQPError

from shared.backoff import Backoff
from shared.errors import Unauthenticated
from shared.rpc.messages import event_exchange
from shared.rpc.signatures import EventKeys

log = structlog.get_logger()

_HEARTBEAT_S = 10
_TIMEOUT_S = 3
_BACKOFF = Backoff((0.1, 0.2, 0.5, 1.0, 2.0))
_LOOK_UP_S = 1.0
"""How often it checks whether to stop."""
_STOP_WITHIN_S = 10


class _Envelope(msgspec.Struct):
    source: str


_envelopes = msgspec.json.Decoder(_Envelope)


class EventListener(Protocol):
    """Called from the follower's thread."""

    def connected(self) -> None:
        """Expect every event from now on."""

    def disconnected(self) -> None:
        """Expect to miss events from now on."""

    def is_news(self, body: bytes) -> bool:
        """Return whether to receive an event, if its source really sent it.

        Its signature is checked only then, because that takes the most time.
        """

    def receive(self, body: bytes) -> None:
        """Receive an event of a source: an envelope of `shared.db.events` as JSON."""


class EventFollower:
    """Follows the events of ``sources`` from `start` to `close`."""

    def __init__(
        self,
        amqp_url: str,
        sources: Iterable[str],
        keys: EventKeys,
        listener: EventListener,
    ) -> None:
        self._parameters = pika.URLParameters(amqp_url)
        self._parameters.heartbeat = _HEARTBEAT_S
        self._parameters.socket_timeout = _TIMEOUT_S
        self._parameters.stack_timeout = _TIMEOUT_S + 1
        self._parameters.blocked_connection_timeout = _TIMEOUT_S
        self._sources = {event_exchange(source): source for source in sources}
        self._keys = keys
        self._listener = listener
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Disconnect and end the thread."""
        self._stopping.set()
        self._thread.join(_STOP_WITHIN_S)

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                with pika.BlockingConnection(self._parameters) as connection:
                    channel = self._listen(connection)
                    failures = 0
                    self._pass_on(connection, channel)
            except (AMQPError, OSError) as error:
                log.warning("event_link_lost", error=repr(error))
            except Exception:
                # Whatever it was, connect again.
                log.exception("fault_in_event_thread")
            finally:
                self._listener.disconnected()
            failures += 1
            self._stopping.wait(_BACKOFF.pause_s(failures))

    def _listen(self, connection: Any) -> Any:
        channel = connection.channel()
        account = self._parameters.credentials.username
        queue = f"followed-events.{account}.{uuid4()}"
        channel.queue_declare(queue, exclusive=True, auto_delete=True)
        for exchange in self._sources:
            channel.queue_bind(queue, exchange, "#")
        channel.basic_consume(queue, self._on_event, auto_ack=True)
        self._listener.connected()
        log.info("event_link_up")
        return channel

    def _pass_on(self, connection: Any, channel: Any) -> None:
        """Pass on events until stopped or until the broker closes anything."""
        while channel.is_open and not self._stopping.is_set():
            connection.process_data_events(time_limit=_LOOK_UP_S)

    def _on_event(
        self, _channel: object, method: Any, properties: Any, body: bytes
    ) -> None:
        if not self._listener.is_news(body):
            return
        try:
            source = self._sources[method.exchange]
            self._keys.check(source, body, properties.headers or {})
            _require_source(source, body)
        except Unauthenticated as refusal:
            log.warning(refusal.code, detail=refusal.detail)
            return
        self._listener.receive(body)


def _require_source(source: str, body: bytes) -> None:
    """Check that an event belongs to the source that signed it.

    What can't be read is left to the listener.

    Raises:
        Unauthenticated: ``event_forged``.
    """
    try:
        named = _envelopes.decode(body).source
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return
    if named != source:
        raise Unauthenticated("event_forged", f"{source} names another source")
