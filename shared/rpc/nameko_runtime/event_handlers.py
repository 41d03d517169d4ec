"""Event handlers as nameko entrypoints, in nameko's service pools."""

from typing import Any

import msgspec
import structlog
from eventlet import sleep
from eventlet.event import Event as Result
from eventlet.semaphore import Semaphore
from kombu.message import Message
from nameko import events as nameko_events
from nameko.exceptions import ContainerBeingKilled

from shared.errors import Unavailable
from shared.rpc.delivery import Delivery
from shared.rpc.nameko_runtime.messages import MessageConsumer
from shared.rpc.nameko_runtime.publisher import Publisher
from shared.rpc.service import EventHandler

log = structlog.get_logger()

_AT_ONCE = 3
"""Events a service works on at once; the other workers are for calls."""

_BROKER_PAUSE_S = 5


class EventEntrypoint(nameko_events.EventHandler):  # type: ignore[misc]
    queue_consumer = MessageConsumer()
    prefetch_count = _AT_ONCE
    slots = Semaphore(_AT_ONCE)

    def __init__(self, handler: EventHandler) -> None:
        super().__init__(handler.event.source, handler.event.name)
        self.handler = handler

    def handle_message(self, message: Message) -> None:
        try:
            data = msgspec.json.decode(message.body)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            log.warning("bad_event", queue=self.queue.name, detail=str(error))
            self._set_aside(message, str(error))
            return
        with self.slots:
            outcome = self._work(data)
        if outcome is Delivery.DEAD:
            self._set_aside(message, "the handler refused it or failed")
        else:
            unfinished = outcome is Delivery.UNFINISHED
            self.queue_consumer.settle(message, requeue=unfinished)

    def _work(self, data: Any) -> Delivery:
        """Take the event in by one of the service's workers, and wait for it."""
        result = Result()

        def finish(
            _worker: object, outcome: Delivery | None, _exc_info: object
        ) -> tuple[None, None]:
            result.send(outcome or Delivery.UNFINISHED)
            return None, None

        try:
            self.container.spawn_worker(
                self, args=(self.handler, data), kwargs={}, handle_result=finish
            )
        except ContainerBeingKilled:
            return Delivery.UNFINISHED
        outcome: Delivery = result.wait()
        return outcome

    def _set_aside(self, message: Message, reason: str) -> None:
        publisher: Publisher = self.container.service_cls.publisher
        try:
            publisher.put_event_aside(message, reason)
        except Unavailable as broker:
            # An event is never dropped; the pause keeps it from coming back at once.
            log.warning("dead_letter_waits", detail=broker.detail)
            sleep(_BROKER_PAUSE_S)
            self.queue_consumer.settle(message, requeue=True)
        else:
            self.queue_consumer.settle(message)
