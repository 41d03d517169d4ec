"""A service knows while it is behind with the events of others, and since when."""

from datetime import UTC, datetime, timedelta

from shared.clock import ManualClock
from shared.rpc.intake import LATE, PAUSE, Intake

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_it_is_not_behind_with_what_happens_now() -> None:
    clock = ManualClock(START)
    intake = Intake(clock)
    assert intake.behind_since(START) is None

    with intake.taking_in(START - LATE):
        assert intake.behind_since(START) is None

    assert intake.behind_since(START) is None


def test_it_is_behind_while_it_processes_old_events() -> None:
    clock = ManualClock(START)
    intake = Intake(clock)
    long_ago = START - LATE - SECOND

    with intake.taking_in(START), intake.taking_in(long_ago):
        assert intake.behind_since(START) == long_ago

    assert intake.behind_since(START) is None


def test_it_is_behind_until_the_next_old_event_had_time_to_come() -> None:
    clock = ManualClock(START)
    intake = Intake(clock)
    long_ago = START - timedelta(minutes=1)
    with intake.taking_in(long_ago):
        clock.move(SECOND)

    assert intake.behind_since(clock.now()) == long_ago
    clock.move(PAUSE)
    assert intake.behind_since(clock.now()) is None
