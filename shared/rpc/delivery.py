"""Hands an event to a handler, with patience, and says what became of it."""

import threading
from enum import Enum
from typing import Any

import structlog

from shared.errors import InvalidInput, Unavailable
from shared.rpc.dispatch import Dispatcher
from shared.rpc.service import EventHandler

log = structlog.get_logger()

PAUSES_S = (0.1, 0.5, 2.0)
"""Before the second, third and last try at an event that a handler fails on."""

DATABASE_PAUSE_S = 1.0


class Delivery(Enum):
    TAKEN_IN = "taken in"
    DEAD = "dead"
    """It does not fit, or the handler failed each time: a case for a person."""
    UNFINISHED = "unfinished"
    """The process is to stop; the event must come again."""


def deliver(
    dispatcher: Dispatcher,
    handler: EventHandler,
    data: Any,
    stopping: threading.Event,
) -> Delivery:
    """Try until the handler has taken the event in or has failed too often.

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
    pauses = iter(PAUSES_S)
    while True:
        try:
            dispatcher.take_in(handler, data)
        except InvalidInput as refusal:
            log.warning("event_refused", handler=handler.name, detail=refusal.detail)
            return Delivery.DEAD
        except Unavailable as refusal:
            log.warning("event_waits", handler=handler.name, code=refusal.code)
            pause_s = DATABASE_PAUSE_S
        except Exception:
            log.exception("fault", handler=handler.name)
            pause_s = next(pauses, 0.0)
        else:
            return Delivery.TAKEN_IN
        if pause_s == 0.0:
            return Delivery.DEAD
        if stopping.wait(pause_s):
            return Delivery.UNFINISHED
