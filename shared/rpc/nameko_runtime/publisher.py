"""Publish messages that must not be lost: events and dead letters.

The broker confirms what it has on its disk. Waiting for that takes as long for one
message as for many, so events are sent first and waited for afterwards.

Exchanges and queues are there from the set-up; a service may not make any.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import kombu
import msgspec
from amqp import Message as Outgoing
from amqp.exceptions import MessageNacked
from kombu.message import Message

from shared.errors import Unavailable
from shared.rpc.messages import (
    CONTENT_ENCODING,
    CONTENT_TYPE,
    DEAD,
    JUNK,
    dead_letter_exchange,
    event_exchange,
)
from shared.rpc.nameko_runtime.messages import TRANSPORT_OPTIONS
from shared.rpc.signatures import KEY_ID, SIGNATURE, EventSigner

_PERSISTENT = 2
_CONNECT_TIMEOUT_S = 3
_CONFIRM_TIMEOUT_S = 5


class Publisher:
    """Publishes over its own connection, in order, with confirmations."""

    def __init__(self, amqp_url: str, service: str, signer: EventSigner) -> None:
        self._connection = kombu.Connection(
            amqp_url,
            connect_timeout=_CONNECT_TIMEOUT_S,
            transport_options=TRANSPORT_OPTIONS,
        )
        self._service = service
        self._signer = signer
        self._errors: tuple[type[Exception], ...] = (
            *self._connection.connection_errors,
            *self._connection.channel_errors,
            MessageNacked,
        )
        self._channel: _ConfirmingChannel | None = None
        self._one_at_a_time = threading.Lock()

    def publish_event(self, name: str, envelope: Any) -> Callable[[], None]:
        """Send an event of this service; return a function that waits for the broker.

        Raises, then or now:
            Unavailable: ``broker_unreachable``.
        """
        body = msgspec.json.encode(envelope)
        headers = self._signer.sign(body)
        return self._start(event_exchange(self._service), name, body, headers)

    def put_event_aside(self, message: Message, reason: str) -> None:
        """Send an event to the dead letters.

        Raises:
            Unavailable: ``broker_unreachable``; or so many are kept that it takes none.
        """
        headers = _signature_of(message) | _label(message, reason)
        self._put_aside(DEAD, message.body, headers)

    def put_junk_aside(self, message: Message, reason: str) -> None:
        """Send a message that is not a genuine event to the junk queue.

        Raises:
            Unavailable: ``broker_unreachable``.
        """
        headers = _signature_of(message) | _label(message, reason)
        self._put_aside(JUNK, message.body, headers)

    def put_call_aside(self, message: Message, reason: str, request_id: str) -> None:
        """Send a note about an unreadable call to the junk queue.

        Neither its headers, which hold the caller's principal, nor its body, which may
        hold a password, are kept. ``size`` is the body's, in bytes.

        Raises:
            Unavailable: ``broker_unreachable``.
        """
        facts = {"size": len(message.body), "request-id": request_id}
        label = _label(message, reason)
        self._put_aside(JUNK, b"", label | facts)

    def close(self) -> None:
        with self._one_at_a_time:
            self._drop()

    def _put_aside(self, key: str, body: bytes, headers: dict[str, Any]) -> None:
        self._publish(dead_letter_exchange(self._service), key, body, headers)

    def _publish(
        self, exchange: str, key: str, body: bytes, headers: Any = None
    ) -> None:
        self._start(exchange, key, body, headers)()

    def _start(
        self, exchange: str, key: str, body: bytes, headers: Any
    ) -> Callable[[], None]:
        message = Outgoing(
            body,
            content_type=CONTENT_TYPE,
            content_encoding=CONTENT_ENCODING,
            delivery_mode=_PERSISTENT,
            application_headers=headers,
        )
        with self._one_at_a_time:
            try:
                return self._send(message, exchange, key)
            except self._errors:
                # Perhaps the broker was only restarted since the last message.
                self._drop()
                return self._send_or_refuse(message, exchange, key)

    def _send_or_refuse(
        self, message: Outgoing, exchange: str, key: str
    ) -> Callable[[], None]:
        try:
            return self._send(message, exchange, key)
        except self._errors as error:
            self._drop()
            raise Unavailable("broker_unreachable", repr(error)) from error

    def _send(self, message: Outgoing, exchange: str, key: str) -> Callable[[], None]:
        if self._channel is None:
            self._connection.connect()
            self._channel = _ConfirmingChannel(self._connection)
        number = self._channel.send(message, exchange, key)
        return partial(self._confirm, self._channel, number)

    def _confirm(self, channel: "_ConfirmingChannel", number: int) -> None:
        with self._one_at_a_time:
            if channel is not self._channel and channel.waits_for(number):
                raise Unavailable("broker_unreachable", "the connection was lost")
            try:
                channel.wait_for(number)
            except self._errors as error:
                self._drop()
                raise Unavailable("broker_unreachable", repr(error)) from error

    def _drop(self) -> None:
        self._channel = None
        with suppress(*self._errors):
            self._connection.close()


class _ConfirmingChannel:
    """A channel on which the broker confirms each message, by its number."""

    def __init__(self, connection: kombu.Connection) -> None:
        self._connection = connection
        self._channel = connection.channel()
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(self._on_ack)
        self._channel.events["basic_nack"].add(self._on_nack)
        self._sent = 0
        self._waiting: set[int] = set()
        self._refused: set[int] = set()

    def send(self, message: Outgoing, exchange: str, key: str) -> int:
        # The time is for a broker that takes nothing more, and stops reading.
        self._channel.basic_publish(message, exchange, key, timeout=_CONFIRM_TIMEOUT_S)
        self._sent += 1
        self._waiting.add(self._sent)
        return self._sent

    def waits_for(self, number: int) -> bool:
        return number in self._waiting

    def wait_for(self, number: int) -> None:
        """Wait until the broker has the message.

        Raises:
            MessageNacked: it does not take it.
            OSError, amqp.AMQPError: the connection or the channel is closed.
        """
        end = time.monotonic() + _CONFIRM_TIMEOUT_S
        while number in self._waiting:
            self._connection.drain_events(timeout=max(0.001, end - time.monotonic()))
        if number in self._refused:
            self._refused.discard(number)
            raise MessageNacked

    def _on_ack(self, number: int, multiple: bool) -> None:  # noqa: FBT001  amqp's
        self._waiting -= self._named(number, multiple=multiple)

    def _on_nack(self, number: int, multiple: bool) -> None:  # noqa: FBT001  amqp's
        refused = self._named(number, multiple=multiple)
        self._refused |= refused
        self._waiting -= refused

    def _named(self, number: int, *, multiple: bool) -> set[int]:
        if not multiple:
            return {number} & self._waiting
        return {each for each in self._waiting if each <= number}


def _signature_of(message: Message) -> dict[str, Any]:
    """Return an event's signature, if it has one."""
    names = (KEY_ID, SIGNATURE)
    return {name: message.headers[name] for name in names if name in message.headers}


def _label(message: Message, reason: str) -> dict[str, Any]:
    return {
        "reason": reason[:500],
        "exchange": message.delivery_info.get("exchange"),
        "routing-key": message.delivery_info.get("routing_key"),
    }
