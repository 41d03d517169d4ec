"""Receive messages so that none can stop the service.

Nameko decodes a message in the thread that all of them come through, and an error there
ends the service and gives the message to the next instance. Here messages arrive as
bytes, each is handled in a thread whose errors end there, and each is settled once.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import eventlet
import kombu
import structlog
from kombu.message import Message
from kombu.transport import pyamqp
from nameko.constants import HEADER_PREFIX
from nameko.messaging import QueueConsumer

from shared.rpc.nameko_runtime.frames import tolerant_frame_handler

log = structlog.get_logger()

_WAKE_EVERY_S = 0.2
"""How soon a request to stop is noticed while no message comes."""

_PULSE_S = 0.1
_HUNG_S = 0.5
"""What is read after a longer pause than this may have waited for all of it."""

_RECONNECT = {"interval_start": 0.2, "interval_step": 0.3, "interval_max": 2.0}

_QUIET_CAPABILITIES = {
    "consumer_cancel_notify": True,
    "authentication_failure_close": True,
    # With this one, py-amqp reads from the connection before each publish, which only
    # the thread that receives may do.
    "connection.blocked": False,
}

TRANSPORT_OPTIONS = {
    "client_properties": {"capabilities": _QUIET_CAPABILITIES},
    "frame_handler": tolerant_frame_handler,
}


class MessageConsumer(QueueConsumer):  # type: ignore[misc]
    """The service's only receiving connection.

    Its providers have a ``queue``, a ``prefetch_count`` and a ``handle_message`` that
    takes a raw message and when it was received, by the monotonic clock, and sees to it
    that `settle` is called for it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_connected = False
        self._unsettled = 0
        self._pulse = time.monotonic()

    def settle(self, message: Message, *, requeue: bool = False) -> None:
        """Acknowledge a message, or have it delivered again."""
        try:
            if requeue:
                self.requeue_message(message)
            else:
                self.ack_message(message)
        except Exception:
            # The connection is gone, and the broker has the message again.
            log.warning("message_not_settled", exc_info=True)
        finally:
            self._unsettled -= 1

    def run(self) -> None:
        pulse = eventlet.spawn(self._beat)
        while not self.should_stop:
            try:
                super().run(safety_interval=_WAKE_EVERY_S)
            except Exception:
                log.exception("receiving_failed")
                eventlet.sleep(1)
        pulse.kill()

    def _beat(self) -> None:
        last = time.monotonic()
        while True:
            eventlet.sleep(_PULSE_S)
            now = time.monotonic()
            if now - last < _HUNG_S:
                self._pulse = now
            # Else the process has hung: by the next time, earlier messages are read.
            last = now

    def _received_at(self) -> float:
        """Return the earliest time at which a message read now arrived."""
        now = time.monotonic()
        return self._pulse if now - self._pulse > _HUNG_S else now

    @contextmanager
    def establish_connection(self) -> Iterator[kombu.Connection]:
        with self.create_connection() as connection:
            connection.ensure_connection(self.on_connection_error, **_RECONNECT)
            self.is_connected = True
            yield connection

    def on_connection_error(self, exc: Exception, interval: float) -> None:
        self.is_connected = False
        log.warning("broker_unreachable", error=repr(exc), again_in_s=interval)

    def get_consumers(self, _consumer_cls: object, channel: Any) -> list[Any]:
        # A channel for each provider, as its prefetch count holds for all consumers.
        self._consumers = {
            provider: kombu.Consumer(
                _plain_channel(channel),
                queues=[provider.queue],
                on_message=partial(self._receive, provider),
                prefetch_count=provider.prefetch_count,
                # The queues are there: the account may neither make nor bind any.
                auto_declare=False,
            )
            for provider in self._providers
        }
        return list(self._consumers.values())

    def on_iteration(self) -> None:
        self._cancel_consumers_if_requested()
        # Nameko would leave at once, and unsettled messages would come again.
        if not self._consumers and self._unsettled <= 0:
            self.should_stop = True

    def _receive(self, provider: Any, message: Message) -> None:
        self._unsettled += 1
        self.container.spawn_managed_thread(
            partial(self._handle, provider, message, self._received_at()),
            identifier=provider.queue.name,
        )

    def _handle(self, provider: Any, message: Message, received_at: float) -> None:
        try:
            provider.handle_message(message, received_at)
        except Exception:
            log.exception("message_not_handled", queue=provider.queue.name)
            self.settle(message)


class _PlainMessage(pyamqp.Message):  # type: ignore[misc]
    """Skip kombu's decompression, which has no size limit."""

    def __init__(self, raw: Any, **options: Any) -> None:
        headers = raw.properties.get("application_headers") or {}
        headers.pop("compression", None)
        super().__init__(raw, **options)


def _plain_channel(channel: Any) -> Any:
    """Open another channel of the connection that leaves messages unchanged."""
    plain = channel.connection.channel()
    plain.Message = _PlainMessage
    return plain


def bytes_of(message: Message) -> bytes:
    """Return the original body, which py-amqp decodes if the sender names an encoding.

    For encodings other than UTF-8, the bytes differ.
    """
    body: bytes | str = message.body
    return body.encode(errors="surrogatepass") if isinstance(body, str) else body


def nameko_headers(message: Message) -> dict[str, Any]:
    """Return the headers that nameko's clients send as their context data."""
    prefix = f"{HEADER_PREFIX}."
    return {
        name.removeprefix(prefix): value
        for name, value in message.headers.items()
        if isinstance(name, str) and name.startswith(prefix)
    }
