"""What is written without thinking: a blocking pika connection for each thread."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

import pika

from shared.rpc.messages import CONTENT_ENCODING, CONTENT_TYPE, RPC_EXCHANGE

_TIMEOUT_S = 10


class ThreadClient:
    """Calls nameko services over a connection of its own; for one thread."""

    def __init__(self, amqp_url: str) -> None:
        self._connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
        self._channel = self._connection.channel()
        self._key = str(uuid.uuid4())
        self._replies: dict[str, bytes] = {}
        queue = f"reply.bench.{self._key}"
        self._channel.queue_declare(queue, exclusive=True, auto_delete=True)
        self._channel.queue_bind(queue, RPC_EXCHANGE, self._key)
        self._channel.basic_consume(queue, self._on_reply, auto_ack=True)

    def close(self) -> None:
        self._connection.close()

    def call(self, service: str, method: str, arguments: Mapping[str, Any]) -> Any:
        correlation_id = str(uuid.uuid4())
        self._channel.basic_publish(
            RPC_EXCHANGE,
            f"{service}.{method}",
            json.dumps({"args": [], "kwargs": arguments}).encode(),
            pika.BasicProperties(
                content_type=CONTENT_TYPE,
                content_encoding=CONTENT_ENCODING,
                correlation_id=correlation_id,
                reply_to=self._key,
                delivery_mode=1,
            ),
        )
        while correlation_id not in self._replies:
            self._connection.process_data_events(_TIMEOUT_S)
        return json.loads(self._replies.pop(correlation_id))["result"]

    def _on_reply(
        self, _channel: object, _deliver: object, properties: Any, body: bytes
    ) -> None:
        self._replies[properties.correlation_id] = body
