"""Publishes what must not be lost: events, and messages nobody could handle.

Exchanges and queues are there from the set-up; a service may not make any.
"""

import threading
from contextlib import suppress
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
    DEAD_LETTERS,
    event_exchange,
    junk_key,
)
from shared.rpc.nameko_runtime.messages import TRANSPORT_OPTIONS
from shared.rpc.signatures import KEY_ID, SIGNATURE, EventSigner

_PERSISTENT = 2
_CONNECT_TIMEOUT_S = 3
_CONFIRM_TIMEOUT_S = 5


class Publisher:
    """Publishes over a connection of its own, one message at a time, confirmed."""

    def __init__(self, amqp_url: str, service: str, signer: EventSigner) -> None:
        self._connection = kombu.Connection(
            amqp_url,
            connect_timeout=_CONNECT_TIMEOUT_S,
            transport_options={**TRANSPORT_OPTIONS, "confirm_publish": True},
        )
        self._service = service
        self._signer = signer
        self._errors: tuple[type[Exception], ...] = (
            *self._connection.connection_errors,
            *self._connection.channel_errors,
            MessageNacked,
        )
        self._channel: Any = None
        self._one_at_a_time = threading.Lock()

    def publish_event(self, name: str, envelope: Any) -> None:
        """Publish an event of this service; returns when the broker has it.

        Raises:
            Unavailable: ``broker_unreachable``.
        """
        body = msgspec.json.encode(envelope)
        headers = self._signer.sign(body)
        self._publish(event_exchange(self._service), name, body, headers)

    def put_event_aside(self, message: Message, reason: str) -> None:
        """Keep an event for a person to look at.

        Raises:
            Unavailable: ``broker_unreachable``; or so many are kept that it takes none.
        """
        headers = _signature_of(message) | _label(message, reason)
        self._publish(DEAD_LETTERS, self._service, message.body, headers)

    def put_junk_aside(self, message: Message, reason: str) -> None:
        """Keep what is in an event's place, and is not an event of its source.

        Raises:
            Unavailable: ``broker_unreachable``.
        """
        headers = _signature_of(message) | _label(message, reason)
        self._publish(DEAD_LETTERS, junk_key(self._service), message.body, headers)

    def put_call_aside(self, message: Message, reason: str, request_id: str) -> None:
        """Keep a note of a call that could not be read.

        Neither its headers, which hold the caller's principal, nor its body, which may
        hold a password, are kept. ``size`` is the body's, in bytes.

        Raises:
            Unavailable: ``broker_unreachable``.
        """
        facts = {"size": len(message.body), "request-id": request_id}
        label = _label(message, reason)
        self._publish(DEAD_LETTERS, junk_key(self._service), b"", label | facts)

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
        return self._connection.channel()

    def _drop(self) -> None:
        self._channel = None
        with suppress(*self._errors):
            self._connection.close()


def _signature_of(message: Message) -> dict[str, Any]:
    """What proves where an event came from, if it can be proved."""
    names = (KEY_ID, SIGNATURE)
    return {name: message.headers[name] for name in names if name in message.headers}


def _label(message: Message, reason: str) -> dict[str, Any]:
    return {
        "reason": reason[:500],
        "exchange": message.delivery_info.get("exchange"),
        "routing-key": message.delivery_info.get("routing_key"),
    }
