"""Track how far a service is behind with others' events."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from shared.clock import Clock

LATE = timedelta(seconds=5)
"""Events are usually handled within a second."""

PAUSE = timedelta(seconds=5)
"""While a service is catching up, its events come without longer pauses."""


class Intake:
    """One process's progress; safe to use from any thread.

    Where several instances share a queue, each has its part of what is late.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._in_hand: list[datetime] = []
        self._last = self._ended_at = datetime.min.replace(tzinfo=clock.now().tzinfo)

    @contextmanager
    def taking_in(self, happened_at: datetime) -> Iterator[None]:
        """Mark events from that time as being handled within the block."""
        with self._lock:
            self._in_hand.append(happened_at)
        try:
            yield
        finally:
            with self._lock:
                self._in_hand.remove(happened_at)
                self._last, self._ended_at = happened_at, self._clock.now()

    def behind_since(self, now: datetime) -> datetime | None:
        """Return the time since which events may be missing, unless it is current."""
        with self._lock:
            moments = list(self._in_hand)
            if now - self._ended_at < PAUSE:
                moments.append(self._last)
        oldest = min(moments, default=now)
        return oldest if now - oldest > LATE else None
