"""What counts as unchanged, and everything that makes it unknown."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest

from shared.clock import ManualClock
from shared.contract import ACTIVITY_RECORDED
from web.page.freshness.changes import NOTED_FOR, SETTLING, Changes

A, B = uuid4(), uuid4()
BOTH = ("inventory", "billing")
A_SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))


@pytest.fixture
def changes(clock: ManualClock) -> Changes:
    """It has listened for a while."""
    changes = Changes(clock, capacity=3)
    changes.connected()
    clock.move(SETTLING + A_SECOND)
    return changes


def test_before_it_listens_everything_is_unknown(clock: ManualClock) -> None:
    assert not Changes(clock).unchanged_since(clock.now(), A, BOTH)


def test_without_an_event_nothing_changed(clock: ManualClock, changes: Changes) -> None:
    assert changes.unchanged_since(clock.now(), A, BOTH)


def test_what_was_asked_before_it_listened_is_unknown(
    clock: ManualClock, changes: Changes
) -> None:
    asked_at = clock.now() - timedelta(minutes=1)

    assert not changes.unchanged_since(asked_at, A, BOTH)


def test_an_event_changes_its_company_and_source_alone(
    clock: ManualClock, changes: Changes
) -> None:
    asked_at = clock.now()

    changes.receive(msgspec.json.encode({"source": "billing", "company_id": A, "x": 1}))

    assert not changes.unchanged_since(asked_at, A, BOTH)
    assert changes.unchanged_since(asked_at, A, ("inventory",))
    assert changes.unchanged_since(asked_at, B, BOTH)


def test_that_somebody_did_something_changes_no_block(
    clock: ManualClock, changes: Changes
) -> None:
    act = {"source": "billing", "company_id": A, "name": ACTIVITY_RECORDED}
    asked_at = clock.now()

    changes.receive(msgspec.json.encode(act))

    assert not changes.is_news(msgspec.json.encode(act))
    assert changes.unchanged_since(asked_at, A, BOTH)


def test_only_the_first_event_of_a_moment_is_news(
    clock: ManualClock, changes: Changes
) -> None:
    event = msgspec.json.encode({"source": "billing", "company_id": A})
    other = msgspec.json.encode({"source": "billing", "company_id": B})
    revoked = {"source": "identity", "company_id": A, "name": "session_revoked"}
    changes.note("identity", A)

    assert changes.is_news(event)
    changes.receive(event)

    assert not changes.is_news(event)
    assert changes.is_news(other)
    assert changes.is_news(msgspec.json.encode(revoked))
    assert changes.is_news(b"{")
    clock.move(NOTED_FOR)
    assert changes.is_news(event)


def test_what_is_asked_once_an_event_has_settled_is_known_again(
    clock: ManualClock, changes: Changes
) -> None:
    changes.note("billing", A)
    assert not changes.unchanged_since(clock.now(), A, BOTH)

    clock.move(SETTLING + A_SECOND)

    assert changes.unchanged_since(clock.now(), A, BOTH)


def test_a_lost_link_makes_everything_unknown_until_it_is_back(
    clock: ManualClock, changes: Changes
) -> None:
    asked_at = clock.now()

    changes.disconnected()
    assert not changes.unchanged_since(asked_at, A, BOTH)
    changes.connected()
    assert not changes.unchanged_since(asked_at, A, BOTH)
    assert not changes.unchanged_since(clock.now(), A, BOTH)

    clock.move(SETTLING + A_SECOND)
    assert not changes.unchanged_since(asked_at, A, BOTH)
    assert changes.unchanged_since(clock.now(), A, BOTH)


@pytest.mark.parametrize("body", [b"", b"{", b'{"source": "billing"}', b"\xff", b"[]"])
def test_an_event_that_cannot_be_read_may_be_anybodys(
    clock: ManualClock, changes: Changes, body: bytes
) -> None:
    asked_at = clock.now()

    changes.receive(body)

    assert not changes.unchanged_since(asked_at, B, BOTH)


def test_of_what_it_has_no_room_for_nothing_old_counts_as_unchanged(
    clock: ManualClock, changes: Changes
) -> None:
    changes.note("billing", A)
    asked_at = clock.now()
    for _ in range(3):
        changes.note("billing", uuid4())

    assert not changes.unchanged_since(asked_at, A, BOTH)
    assert not changes.unchanged_since(asked_at, B, BOTH)
    clock.move(SETTLING + A_SECOND)
    assert changes.unchanged_since(clock.now(), A, BOTH)
