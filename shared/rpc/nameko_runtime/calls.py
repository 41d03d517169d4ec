"""Answer calls as nameko entrypoints."""

import time
from functools import partial
from typing import Any

import structlog
from amqp import Message as Answer
from kombu.message import Message
from nameko.exceptions import ContainerBeingKilled
from nameko.rpc import Rpc, RpcConsumer

from shared.errors import InvalidInput, RemoteFault, Unavailable
from shared.rpc.dispatch import Dispatcher, Headers
from shared.rpc.messages import (
    CONTENT_ENCODING,
    CONTENT_TYPE,
    RPC_EXCHANGE,
    SENT_AT,
    decode_call,
    encode_error,
    is_reply_key,
)
from shared.rpc.nameko_runtime.messages import MessageConsumer, nameko_headers
from shared.rpc.nameko_runtime.publisher import Publisher

log = structlog.get_logger()

MAX_WORKERS = 10
"""Calls and events worked on at once.

`shared.db.database.POOL_SIZE` has room for jobs.
"""

_TRANSIENT = 1

_DEAD_LETTERED = "x-death"
"""The broker's header on what a queue has sent on. An account that may make a queue can
have it send on under any key: the broker checks the exchange, not the method."""


class CallConsumer(RpcConsumer):  # type: ignore[misc]
    """Receives a service's calls from its queue and sends the replies."""

    queue_consumer = MessageConsumer()
    prefetch_count = MAX_WORKERS

    def handle_message(self, message: Message, received_at: float) -> None:
        try:
            arguments = _read(message)
        except InvalidInput as refusal:
            self._refuse(message, refusal)
            return
        headers = Headers.read(nameko_headers(message), received_at)
        method_name = message.delivery_info["routing_key"].partition(".")[2]
        entrypoint = self._find_entrypoint(method_name)
        if entrypoint is None:
            dispatcher: Dispatcher = self.container.service_cls.dispatcher
            self._reply(message, dispatcher.answer(method_name, arguments, headers))
            self.queue_consumer.settle(message)
            return
        try:
            self.container.spawn_worker(
                entrypoint,
                args=(arguments, headers),
                kwargs={},
                handle_result=partial(self._finish, message),
            )
        except ContainerBeingKilled:
            self.queue_consumer.settle(message, requeue=True)

    def _find_entrypoint(self, method_name: str) -> Rpc | None:
        return next((p for p in self._providers if p.method_name == method_name), None)

    def _finish(
        self, message: Message, _worker: object, reply: bytes, exc_info: Any
    ) -> tuple[None, None]:
        if exc_info is not None:
            log.error("fault_outside_dispatch", exc_info=exc_info)
            reply = encode_error(RemoteFault("fault"))
        self._reply(message, reply)
        self.queue_consumer.settle(message)
        return None, None

    def _refuse(self, message: Message, refusal: InvalidInput) -> None:
        log.warning("bad_call", detail=refusal.detail)
        self._reply(message, encode_error(refusal))
        publisher: Publisher = self.container.service_cls.publisher
        try:
            request_id = Headers.read(nameko_headers(message)).request_id
            publisher.put_call_aside(message, refusal.detail, request_id)
        except Unavailable as broker:
            log.warning("dead_letter_lost", detail=broker.detail)
        self.queue_consumer.settle(message)

    def _reply(self, message: Message, reply: bytes) -> None:
        """Reply over the call's connection.

        When that is lost, so is the call's receipt: it comes again and is answered
        then, if its deadline has not passed.
        """
        reply_to = message.properties.get("reply_to")
        if not is_reply_key(reply_to):
            return
        answer = Answer(
            reply,
            content_type=CONTENT_TYPE,
            content_encoding=CONTENT_ENCODING,
            correlation_id=message.properties.get("correlation_id"),
            delivery_mode=_TRANSIENT,
            application_headers={SENT_AT: f"{time.time():.3f}"},
        )
        try:
            message.channel.basic_publish(answer, RPC_EXCHANGE, reply_to)
        except Exception:
            log.warning("reply_lost", exc_info=True)


class CallEntrypoint(Rpc):  # type: ignore[misc]
    """One method of the contract."""

    rpc_consumer = CallConsumer()


def _read(message: Message) -> dict[str, Any]:
    """Decode the arguments of a call.

    Raises:
        InvalidInput: ``malformed_message``; nothing of it was executed.
    """
    if _DEAD_LETTERED in message.headers:
        raise InvalidInput("malformed_message", "it has been a dead letter")
    if not is_reply_key(message.properties.get("reply_to")):
        raise InvalidInput("malformed_message", "no reply_to that can be answered")
    if message.content_type != CONTENT_TYPE:
        raise InvalidInput("malformed_message", "content type is not JSON")
    return decode_call(message.body)
