"""Publishes what must not be lost: events, and messages nobody could handle."""

import threading
from contextlib import suppress
from typing import Any

import kombu
import msgspec
from amqp import Message as Outgoing
from kombu.message import Message

from shared.errors import Unavailable
from shared.rpc.messages import CONTENT_ENCODING, CONTENT_TYPE
from shared.rpc.nameko_runtime.messages import TRANSPORT_OPTIONS

_PERSISTENT = 2
_CONNECT_TIMEOUT_S = 3
_CONFIRM_TIMEOUT_S = 5
_DEAD_LETTERS_KEPT_MS = 7 * 24 * 3600 * 1000
_MAX_DEAD_LETTERS = 10_000


class Publisher:
    """Publishes over a connection of its own, one message at a time, confirmed."""

    def __init__(self, amqp_url: str, service: str) -> None:
        self._connection = kombu.Connection(
            amqp_url,
            connect_timeout=_CONNECT_TIMEOUT_S,
            transport_options={**TRANSPORT_OPTIONS, "confirm_publish": True},
        )
        self._events = f"{service}.events"
        self._dead_letters = f"dead-letters.{service}"
        self._errors: tuple[type[Exception], ...] = (
            *self._connection.connection_errors,
            *self._connection.channel_errors,
        )
        self._channel: Any = None
        self._one_at_a_time = threading.Lock()

    def declare(self, channel: Any) -> None:
        """Make what is published to, so that it is there for those who look."""
        channel.exchange_declare(self._events, "topic", durable=True, auto_delete=False)
        channel.queue_declare(
            self._dead_letters,
            durable=True,
            auto_delete=False,
            arguments={
                "x-message-ttl": _DEAD_LETTERS_KEPT_MS,
                "x-max-length": _MAX_DEAD_LETTERS,
            },
        )

    def publish_event(self, name: str, envelope: Any) -> None:
        """Publish an event of this service; returns when the broker has it.

        Raises:
            Unavailable: ``broker_unreachable``.
        """
        self._publish(self._events, name, msgspec.json.encode(envelope))

    def put_event_aside(self, message: Message, reason: str) -> None:
        """Keep an event for a person to look at.

        Raises:
            Unavailable: ``broker_unreachable``.
        """
        self._publish("", self._dead_letters, message.body, _label(message, reason))

    def put_call_aside(self, message: Message, reason: str, request_id: str) -> None:
        """Keep a note of a call that could not be read.

        Neither its headers, which hold the caller's principal, nor its body, which may
        hold a password, are kept. ``size`` is the body's, in bytes.

        Raises:
            Unavailable: ``broker_unreachable``.
        """
        facts = {"size": len(message.body), "request-id": request_id}
        label = _label(message, reason)
        self._publish("", self._dead_letters, b"", label | facts)

    def close(self) -> None:
        with self._one_at_a_time:
            self._drop()

    def _publish(
        self, exchange: str, key: str, body: bytes, headers: Any = None
    ) -> None:
        message = Outgoing(
            body,
            content_type=CONTENT_TYPE,
            content_encoding=CONTENT_ENCODING,
            delivery_mode=_PERSISTENT,
            application_headers=headers,
        )
        with self._one_at_a_time:
            try:
                self._send(message, exchange, key)
            except self._errors:
                # Perhaps the broker was only restarted since the last message.
                self._drop()
                self._send_or_refuse(message, exchange, key)

    def _send_or_refuse(self, message: Outgoing, exchange: str, key: str) -> None:
        try:
            self._send(message, exchange, key)
        except self._errors as error:
            self._drop()
            raise Unavailable("broker_unreachable", repr(error)) from error

    def _send(self, message: Outgoing, exchange: str, key: str) -> None:
        if self._channel is None:
            self._channel = self._open()
        self._channel.basic_publish(
            message, exchange, key, confirm_timeout=_CONFIRM_TIMEOUT_S
        )

    def _open(self) -> Any:
        self._connection.connect()
        channel = self._connection.channel()
        self.declare(channel)
        return channel

    def _drop(self) -> None:
        self._channel = None
        with suppress(*self._errors):
            self._connection.close()


def _label(message: Message, reason: str) -> dict[str, Any]:
    return {
        "reason": reason[:500],
        "exchange": message.delivery_info.get("exchange"),
        "routing-key": message.delivery_info.get("routing_key"),
    }
