"""End futures at their deadlines, from one thread."""

import heapq
import itertools
import threading
import time
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Any

from shared.errors import Unavailable


class Deadlines:
    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Future[Any]]] = []
        self._count = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
        self._thread.start()

    def watch(self, future: Future[Any], timeout_s: float) -> None:
        """End ``future`` with `Unavailable` if it is not done in time."""
        with self._changed:
            entry = (time.monotonic() + timeout_s, next(self._count), future)
            heapq.heappush(self._heap, entry)
            self._changed.notify()

    def close(self) -> None:
        """End all pending futures."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()
        for _, _, future in self._heap:
            end_with(future, Unavailable("client_closed"))

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                wait_s = self._heap[0][0] - time.monotonic() if self._heap else None
                if wait_s is None or wait_s > 0:
                    self._changed.wait(wait_s)
                    continue
                future = heapq.heappop(self._heap)[2]
            end_with(future, Unavailable("deadline_exceeded"))


def end_with(future: Future[Any], error: Exception) -> None:
    """End a future with an error unless it is done."""
    with suppress(InvalidStateError):
        future.set_exception(error)
