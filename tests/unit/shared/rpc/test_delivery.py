"""What becomes of an event whose handler fails, and of one that makes no sense."""

import threading
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from shared.backoff import Backoff
from shared.contract import Event, Response, ServiceContract
from shared.errors import InvalidInput, Unavailable
from shared.rpc import delivery
from shared.rpc.delivery import TRIES, Delivery, deliver, deliver_all
from shared.rpc.dispatch import Dispatcher
from shared.rpc.service import EventHandler

EVENT = Event("shelf", "told", Response)
HANDLER = EventHandler(EVENT, "receive", lambda: None, most_at_once=3)
BATCH = [{"request_id": click} for click in ("first", "second", "third")]


class Receiver:
    """Stands for a dispatcher: fails as often as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.service = self
        self.contract = ServiceContract("listener", ())
        self.batches: list[list[Any]] = []
        self._failures = list(failures)

    @property
    def tries(self) -> int:
        return len(self.batches)

    def process_events(self, _handler: EventHandler, batch: Sequence[Any]) -> None:
        self.batches.append(list(batch))
        if self._failures:
            raise self._failures.pop(0)


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "BACKOFF", Backoff((0.001,)))
    monkeypatch.setattr(delivery, "DATABASE_PAUSE_S", 0.001)


def outcome_of(hearing: Receiver, *, stopping: bool = False) -> Delivery:
    stop = threading.Event()
    if stopping:
        stop.set()
    return deliver(cast("Dispatcher", hearing), HANDLER, {"request_id": "click"}, stop)


def test_a_handler_that_succeeds_is_called_once() -> None:
    hearing = Receiver()

    assert outcome_of(hearing) is Delivery.PROCESSED
    assert hearing.tries == 1


def test_a_handler_that_fails_is_tried_again() -> None:
    hearing = Receiver(RuntimeError(), RuntimeError())

    assert outcome_of(hearing) is Delivery.PROCESSED
    assert hearing.tries == 3


def test_a_handler_that_always_fails_is_given_up() -> None:
    hearing = Receiver(*(RuntimeError() for _ in range(100)))

    assert outcome_of(hearing) is Delivery.DEAD
    assert hearing.tries == TRIES


def test_what_does_not_fit_is_not_tried_again() -> None:
    hearing = Receiver(InvalidInput("malformed_message"))

    assert outcome_of(hearing) is Delivery.DEAD
    assert hearing.tries == 1


def test_a_database_that_is_away_is_waited_for() -> None:
    hearing = Receiver(*(Unavailable("database_unreachable") for _ in range(50)))

    assert outcome_of(hearing) is Delivery.PROCESSED
    assert hearing.tries == 51


@pytest.mark.parametrize(
    "failure", [RuntimeError, lambda: Unavailable("database_unreachable")]
)
def test_a_process_that_stops_leaves_the_event_for_the_next(
    failure: Callable[[], Exception],
) -> None:
    hearing = Receiver(failure(), failure())

    assert outcome_of(hearing, stopping=True) is Delivery.UNFINISHED
    assert hearing.tries == 1


def outcomes_of(hearing: Receiver, *, stopping: bool = False) -> list[Delivery]:
    stop = threading.Event()
    if stopping:
        stop.set()
    return deliver_all(cast("Dispatcher", hearing), HANDLER, BATCH, stop)


def test_events_that_come_together_are_processed_together() -> None:
    hearing = Receiver()

    assert outcomes_of(hearing) == [Delivery.PROCESSED] * 3
    assert hearing.batches == [BATCH]


def test_events_that_fail_together_are_processed_one_by_one() -> None:
    hearing = Receiver(RuntimeError(), InvalidInput("malformed_message"))

    assert outcomes_of(hearing) == [
        Delivery.DEAD,
        Delivery.PROCESSED,
        Delivery.PROCESSED,
    ]
    assert hearing.batches == [BATCH, *([each] for each in BATCH)]


def test_a_process_that_stops_leaves_all_that_follow_for_the_next() -> None:
    hearing = Receiver(*(Unavailable("database_unreachable") for _ in range(50)))

    assert outcomes_of(hearing, stopping=True) == [Delivery.UNFINISHED] * 3
    assert hearing.batches == [BATCH, BATCH[:1]]
