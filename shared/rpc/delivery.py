"""Deliver events to a handler, with retries, and report each result."""

import threading
from collections.abc import Sequence
from enum import Enum
from typing import Any

import structlog

from shared.backoff import Backoff
from shared.errors import InvalidInput, Unavailable
from shared.rpc.dispatch import Dispatcher
from shared.rpc.service import EventHandler

log = structlog.get_logger()

TRIES = 4
"""At an event that a handler fails on."""

BACKOFF = Backoff((0.1, 0.5, 2.0))

DATABASE_PAUSE_S = 1.0


class Delivery(Enum):
    PROCESSED = "processed"
    DEAD = "dead"
    """It does not fit, or the handler failed each time: a case for a person."""
    UNFINISHED = "unfinished"
    """The process is to stop; the event must come again."""


def deliver_all(
    dispatcher: Dispatcher,
    handler: EventHandler,
    batch: Sequence[Any],
    stopping: threading.Event,
) -> list[Delivery]:
    """Deliver events together, or else one by one; return each result.

    At most as many as the handler takes.
    """
    if len(batch) > 1 and _process_together(dispatcher, handler, batch):
        return [Delivery.PROCESSED] * len(batch)
    outcomes: list[Delivery] = []
    for data in batch:
        if Delivery.UNFINISHED in outcomes:
            outcomes.append(Delivery.UNFINISHED)
        else:
            outcomes.append(deliver(dispatcher, handler, data, stopping))
    return outcomes


def _process_together(
    dispatcher: Dispatcher, handler: EventHandler, batch: Sequence[Any]
) -> bool:
    service = dispatcher.service.contract.name
    with structlog.contextvars.bound_contextvars(service=service):
        try:
            dispatcher.process_events(handler, batch)
        except Exception as error:  # noqa: BLE001  each shows its own when alone
            log.warning(
                "events_taken_apart",
                handler=handler.name,
                count=len(batch),
                error=type(error).__name__,
            )
            return False
    return True


def deliver(
    dispatcher: Dispatcher,
    handler: EventHandler,
    data: Any,
    stopping: threading.Event,
) -> Delivery:
    """Retry until the handler succeeds or has failed too often.

    A database that is away counts as no failure of the handler: it is waited for.
    """
    request_id = data.get("request_id") if isinstance(data, dict) else None
    with structlog.contextvars.bound_contextvars(
        request_id=request_id, service=dispatcher.service.contract.name
    ):
        return _deliver(dispatcher, handler, data, stopping)


def _deliver(
    dispatcher: Dispatcher,
    handler: EventHandler,
    data: Any,
    stopping: threading.Event,
) -> Delivery:
    failures = 0
    while True:
        try:
            dispatcher.process_events(handler, [data])
        except InvalidInput as refusal:
            log.warning("event_refused", handler=handler.name, detail=refusal.detail)
            return Delivery.DEAD
        except Unavailable as refusal:
            log.warning("event_waits", handler=handler.name, code=refusal.code)
            pause_s = DATABASE_PAUSE_S
        except Exception:
            log.exception("fault", handler=handler.name)
            failures += 1
            if failures == TRIES:
                return Delivery.DEAD
            pause_s = BACKOFF.pause_s(failures)
        else:
            return Delivery.PROCESSED
        if stopping.wait(pause_s):
            return Delivery.UNFINISHED
