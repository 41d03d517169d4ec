"""Events leave in order, at least once; each handler takes them in at most once."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from shared.clock import ManualClock
from shared.contract import Event, Response
from shared.db import events
from shared.db.database import Database
from shared.db.events import Envelope
from shared.db.tables import outbox
from shared.errors import InvalidInput
from shared.runtime import Runtime
from tests.fixtures.shared.shelf import OURS

NOW = datetime(2026, 5, 4, tzinfo=UTC)
JUST_OLD = NOW - timedelta(days=30, seconds=1)
NOT_OLD = NOW - timedelta(days=30) + timedelta(seconds=1)


class Thing(Response, frozen=True, kw_only=True):
    number: int


THING_HAPPENED = Event("shelf", "thing_happened", Thing)
RUNTIME = Runtime(ManualClock(NOW), random.Random(1))


class Outside:
    """Takes what is published."""

    def __init__(self, then: Callable[[int], None] = lambda _number: None) -> None:
        self.numbers: list[int] = []
        self.envelopes: list[Any] = []
        self._then = then

    def __call__(self, name: str, envelope: Any) -> None:
        assert name == "thing_happened"
        self.envelopes.append(envelope)
        self.numbers.append(envelope["body"]["number"])
        self._then(self.numbers[-1])


def emit(
    database: Database, *numbers: int, then: Callable[[], None] = lambda: None
) -> None:
    for number in numbers:
        with database.company(OURS) as session:
            event = events.OutboxEvent(
                THING_HAPPENED, Thing(number=number), OURS, number
            )
            events.write_outbox(session, RUNTIME, "click", [event])
            then()


def fail() -> None:
    raise RuntimeError


def waiting(database: Database) -> int:
    with database.system() as session:
        query = select(func.count()).where(outbox.c.relayed_at.is_(None))
        return session.scalars(query).one()


def test_events_leave_once_in_the_order_they_were_recorded(database: Database) -> None:
    outside = Outside()
    emit(database, 1, 2, 3)

    assert events.relay(database, outside, NOW) == 3
    assert events.relay(database, outside, NOW) == 0

    assert outside.numbers == [1, 2, 3]


def test_an_envelope_says_what_happened_when_and_to_which_company(
    database: Database,
) -> None:
    outside = Outside()
    emit(database, 7)

    events.relay(database, outside, NOW)

    envelope = events.open_envelope(THING_HAPPENED, outside.envelopes[0])
    assert envelope.body == Thing(number=7)
    assert (envelope.source, envelope.name) == ("shelf", "thing_happened")
    assert (envelope.company_id, envelope.version) == (OURS, 7)
    assert (envelope.at, envelope.request_id) == (NOW, "click")


def test_what_is_rolled_back_is_not_published(database: Database) -> None:
    with pytest.raises(RuntimeError):
        emit(database, 1, then=fail)

    assert waiting(database) == 0


def test_a_crash_between_publishing_and_marking_publishes_again(
    database: Database,
) -> None:
    emit(database, 1, 2, 3)

    def crash_at_two(number: int) -> None:
        if number == 2:
            raise ConnectionError

    crashing = Outside(crash_at_two)
    with pytest.raises(ConnectionError):
        events.relay(database, crashing, NOW)
    after = Outside()
    events.relay(database, after, NOW)

    assert crashing.numbers == [1, 2]
    assert after.numbers == [1, 2, 3]


def test_two_relays_at_once_publish_each_event_once(database: Database) -> None:
    emit(database, *range(20))
    first_is_at_it, second_is_done = threading.Event(), threading.Event()

    def wait_for_the_second(_number: int) -> None:
        first_is_at_it.set()
        assert second_is_done.wait(5)

    outside, second = Outside(wait_for_the_second), Outside()
    with ThreadPoolExecutor(1) as threads:
        relayed = threads.submit(events.relay, database, outside, NOW)
        assert first_is_at_it.wait(5)
        assert events.relay(database, second, NOW) == 0
        second_is_done.set()

        assert relayed.result(5) == 20
    assert outside.numbers == list(range(20))
    assert second.numbers == []


def test_a_long_queue_leaves_in_batches(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "RELAY_BATCH", 2)
    outside = Outside()
    emit(database, 1, 2, 3)

    relayed = [events.relay(database, outside, NOW) for _ in range(3)]

    assert relayed == [2, 1, 0]
    assert outside.numbers == [1, 2, 3]


def test_a_commit_with_an_event_wakes_the_relay(database: Database) -> None:
    database.events_waiting.clear()
    with database.system() as session:
        session.execute(select(outbox))
    assert not database.events_waiting.is_set()

    emit(database, 1)

    assert database.events_waiting.is_set()


def test_a_handler_takes_an_event_in_once_and_another_handler_too(
    database: Database,
) -> None:
    envelope = published(database)

    taken = [
        record(database, name, envelope) for name in ("one", "one", "another", "one")
    ]

    assert taken == [True, False, True, False]


def test_an_event_whose_handler_failed_may_come_again(database: Database) -> None:
    envelope = published(database)
    with pytest.raises(RuntimeError):
        record(database, "handler", envelope, then=fail)

    assert record(database, "handler", envelope)


def published(database: Database) -> Envelope[Thing]:
    outside = Outside()
    emit(database, 1)
    events.relay(database, outside, NOW)
    return events.open_envelope(THING_HAPPENED, outside.envelopes[0])


def record(
    database: Database,
    handler: str,
    envelope: Envelope[Thing],
    then: Callable[[], None] = lambda: None,
) -> bool:
    with database.system() as session:
        new = events.record_new(session, handler, [envelope], NOW)
        then()
    return bool(new)


def test_an_epoch_that_has_not_begun_is_refused(database: Database) -> None:
    """Else no replay could heal what such an event has told, ever."""
    tomorrow = int((NOW + timedelta(days=1)).timestamp())
    last = msgspec.structs.replace(published(database), epoch=tomorrow)
    later = msgspec.structs.replace(published(database), epoch=tomorrow + 1)

    assert record(database, "handler", last)
    with pytest.raises(InvalidInput):
        record(database, "handler", later)


def test_a_replay_begins_a_later_epoch_but_none_of_a_clock_that_was_wrong(
    database: Database,
) -> None:
    epochs = []
    for at in (NOW, NOW, NOW + timedelta(days=365), NOW):
        with database.system() as session:
            events.raise_epoch(session, at)
        epochs.append(published(database).epoch)

    now = int(NOW.timestamp())
    year = int((NOW + timedelta(days=365)).timestamp())
    assert epochs == [now, now + 1, year, now]


@pytest.mark.parametrize("data", [None, 7, {}, {"id": "x"}, {"body": {}}])
def test_a_malformed_envelope_is_refused(data: object) -> None:
    with pytest.raises(InvalidInput):
        events.open_envelope(THING_HAPPENED, data)


def test_relayed_events_are_forgotten_after_thirty_days(database: Database) -> None:
    for number, at in enumerate((JUST_OLD, NOT_OLD)):
        emit(database, number)
        events.relay(database, Outside(), at)
    emit(database, 2)

    with database.system() as session:
        events.forget_old_events(session, NOW)
        left = session.scalars(select(outbox.c.envelope).order_by(outbox.c.position))

        assert [envelope["body"]["number"] for envelope in left] == [1, 2]
    assert waiting(database) == 1


def test_a_processed_event_is_remembered_for_thirty_days(
    database: Database,
) -> None:
    """A dead letter may come again until then, and must not be taken in twice."""
    with database.system() as session:
        envelope = published(database)
        for handler, at in (("older", JUST_OLD), ("newer", NOT_OLD)):
            events.record_new(session, handler, [envelope], at)

    with database.system() as session:
        events.forget_old_events(session, NOW)

    assert record(database, "older", envelope)
    assert not record(database, "newer", envelope)
