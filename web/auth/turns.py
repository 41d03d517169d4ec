"""Let few passwords be checked at a time, so that pages are answered meanwhile.

Checking one takes identity's processor for some 30 ms, one after the other. A hundred
people who log in at once wait here for their turn: at identity, they would be in front
of the calls for everybody else's pages.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import Unavailable

AT_ONCE = 1
"""In each process; with two of them, identity always has the next one at hand."""

WAITING = 90
"""In each process, whose other threads answer pages."""

WAIT_S = 15.0


class Turns:
    def __init__(
        self, at_once: int = AT_ONCE, waiting: int = WAITING, wait_s: float = WAIT_S
    ) -> None:
        self._room = threading.BoundedSemaphore(at_once + waiting)
        self._turns = threading.BoundedSemaphore(at_once)
        self._wait_s = wait_s

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and take it for the length of the block.

        Raises:
            Unavailable: ``many_logins``; too many wait, or it took too long.
        """
        if not self._room.acquire(blocking=False):
            raise Unavailable("many_logins", "too many wait")
        try:
            if not self._turns.acquire(timeout=self._wait_s):
                raise Unavailable("many_logins", "waited too long")
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._room.release()


TURNS = Turns()
"""Of this process."""
