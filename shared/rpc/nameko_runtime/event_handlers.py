"""Handle events as nameko entrypoints, in nameko's service pools.

What arrives while a handler is at work waits, and is then handed to it together, as far
as it takes several at once.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import structlog
from eventlet import sleep
from eventlet.event import Event as Result
from eventlet.semaphore import Semaphore
from kombu.message import Message
from nameko import events as nameko_events
from nameko.exceptions import ContainerBeingKilled

from shared.errors import Unauthenticated, Unavailable
from shared.rpc.delivery import Delivery
from shared.rpc.nameko_runtime.messages import MessageConsumer, bytes_of
from shared.rpc.nameko_runtime.publisher import Publisher
from shared.rpc.service import EventHandler
from shared.rpc.signatures import EventKeys

log = structlog.get_logger()

_AT_ONCE = 3
"""Workers of a service that are for events; the others are for calls."""

_BROKER_PAUSE_S = 5


class EventEntrypoint(nameko_events.EventHandler):  # type: ignore[misc]
    queue_consumer = MessageConsumer()
    slots = Semaphore(_AT_ONCE)

    def __init__(self, handler: EventHandler) -> None:
        super().__init__(handler.event.source, handler.event.name)
        self.handler = handler
        # What comes next is here when the first are done.
        self.prefetch_count = max(_AT_ONCE, 2 * handler.most_at_once)
        self._waiting: list[tuple[Message, Any]] = []

    def handle_message(self, message: Message, _received_at: float) -> None:
        publisher: Publisher = self.container.service_cls.publisher
        keys: EventKeys = self.container.service_cls.event_keys
        try:
            source = self.handler.event.source
            keys.check(source, bytes_of(message), message.headers)
        except Unauthenticated as refusal:
            log.warning(refusal.code, queue=self.queue.name, detail=refusal.detail)
            self._set_aside(message, refusal.detail, publisher.put_junk_aside)
            return
        try:
            data = msgspec.json.decode(message.body)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            log.warning("bad_event", queue=self.queue.name, detail=str(error))
            self._set_aside(message, str(error), publisher.put_event_aside)
            return
        self._waiting.append((message, data))
        with self.slots:
            # This one may have been taken by one that came before it.
            batch = self._waiting[: self.handler.most_at_once]
            del self._waiting[: self.handler.most_at_once]
            outcomes = self._work([data for _, data in batch]) if batch else []
        for (taken, _), outcome in zip(batch, outcomes, strict=True):
            self._settle(taken, outcome)

    def _settle(self, message: Message, outcome: Delivery) -> None:
        if outcome is Delivery.DEAD:
            publisher: Publisher = self.container.service_cls.publisher
            reason = "the handler refused it or failed"
            self._set_aside(message, reason, publisher.put_event_aside)
        else:
            unfinished = outcome is Delivery.UNFINISHED
            self.queue_consumer.settle(message, requeue=unfinished)

    def _work(self, batch: Sequence[Any]) -> list[Delivery]:
        """Handle events in one of the service's workers and wait for it."""
        unfinished = [Delivery.UNFINISHED] * len(batch)
        result = Result()

        def finish(
            _worker: object, outcomes: list[Delivery] | None, _exc_info: object
        ) -> tuple[None, None]:
            result.send(outcomes or unfinished)
            return None, None

        try:
            self.container.spawn_worker(
                self, args=(self.handler, batch), kwargs={}, handle_result=finish
            )
        except ContainerBeingKilled:
            return unfinished
        outcomes: list[Delivery] = result.wait()
        return outcomes

    def _set_aside(
        self, message: Message, reason: str, put_aside: Callable[[Message, str], None]
    ) -> None:
        try:
            put_aside(message, reason)
        except Unavailable as broker:
            # An event is never dropped; the pause keeps it from coming back at once.
            log.warning("dead_letter_waits", detail=broker.detail)
            sleep(_BROKER_PAUSE_S)
            self.queue_consumer.settle(message, requeue=True)
        else:
            self.queue_consumer.settle(message)
