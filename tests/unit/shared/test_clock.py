"""Clocks: one moment for all, aware, and movable where that is allowed."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from shared.clock import ManualClock, OffsetClock, SystemClock, make_clock

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def test_a_manual_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock(NOON)

    assert clock.now() == clock.now() == NOON
    clock.move(timedelta(days=1))
    assert clock.now() == NOON + timedelta(days=1)
    clock.move_to(NOON)
    assert clock.now() == NOON


def test_a_manual_clock_speaks_utc() -> None:
    clock = ManualClock(NOON.astimezone(timezone(timedelta(hours=2))))

    assert clock.now().tzinfo is UTC


def test_one_file_moves_the_clocks_of_all_processes(tmp_path: Path) -> None:
    file = tmp_path / "offset"
    clocks = [make_clock(file), OffsetClock(file)]

    file.write_text("86400\n")

    for clock in clocks:
        offset = clock.now() - SystemClock().now()
        assert abs(offset - timedelta(days=1)) < timedelta(seconds=5)


def test_a_missing_or_empty_file_means_no_offset(tmp_path: Path) -> None:
    file = tmp_path / "offset"
    clock = OffsetClock(file)
    assert abs(clock.now() - SystemClock().now()) < timedelta(seconds=5)

    file.touch()

    assert abs(clock.now() - SystemClock().now()) < timedelta(seconds=5)


def test_without_a_file_time_is_the_systems() -> None:
    assert isinstance(make_clock(None), SystemClock)
