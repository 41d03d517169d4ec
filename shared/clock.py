"""The one clock: aware UTC datetimes, movable in tests and the demo.

SQL never calls ``now()`` and no module calls ``datetime.now()``: code that needs
the time gets a `Clock`.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the current time, aware and in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that changes only when it is moved."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def move(self, step: timedelta) -> None:
        self._now += step

    def move_to(self, moment: datetime) -> None:
        self._now = moment.astimezone(UTC)


class OffsetClock:
    """The system's clock plus the seconds written in a file.

    All processes of a run read the same file, so one write moves them together. A
    missing or empty file means no offset.
    """

    def __init__(self, offset_file: Path) -> None:
        self._offset_file = offset_file

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset()

    def _offset(self) -> timedelta:
        try:
            text = self._offset_file.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return timedelta()
        return timedelta(seconds=float(text or 0))


def make_clock(offset_file: Path | None) -> Clock:
    """Return a process's clock, movable if the settings name an offset file."""
    return OffsetClock(offset_file) if offset_file else SystemClock()
