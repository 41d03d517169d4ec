"""Circuit breaker: keep callers from waiting for a service that doesn't answer.

The breaker opens when several calls in a row got no answer and the service has been
silent for a while. Calls are then refused at once, so that no thread waits in vain and
no queue grows; a few trials still go through, and the first answer closes the breaker.

Only silence counts. A refusal or a fault is an answer, and so is a late one: a service
that answers is alive, however slow. Calls that never reached the broker, or were lost
with its connection, show nothing about the service. Neither does a burst of short calls
that time out together (a page's first attempts wait 0.3 s): the silence must last
longer than those, nearly as long as a patient call waits.
"""

import threading

MISSED = 5
"""Calls in a row without an answer before the breaker can open."""

SILENT_S = 1.5
"""How long the service must have been silent by then, in seconds."""

PAUSE_S = 1.0
"""How often trials are sent while the breaker is open. Pages ask every few seconds."""

TRIALS = 4
"""Trials per pause. A page's blocks ask separately but at the same moment: one that is
refused next to another's trial would stay empty until its next turn."""


class Breaker:
    """One process's breaker for one service; safe to use from any thread.

    Times are seconds of a monotonic clock.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._missed = 0
        self._silent_since = 0.0
        self._answered_at = float("-inf")
        self._open = False
        self._pause_ends = 0.0
        self._trials_left = 0

    @property
    def is_open(self) -> bool:
        return self._open

    def allows(self, now: float) -> bool:
        """Return whether a call may be sent; while the breaker is open, it is a trial.

        Trials need no report: one that is given up blocks nothing.
        """
        if not self._open:
            return True
        with self._lock:
            if now >= self._pause_ends:
                self._pause_ends = now + PAUSE_S
                self._trials_left = TRIALS
            self._trials_left -= 1
            return self._trials_left >= 0

    def record_answer(self, now: float) -> bool:
        """Record an answer of any kind, to any call; return whether it closes."""
        with self._lock:
            was_open = self._open
            self._missed = 0
            self._answered_at = now
            self._open = False
            return was_open

    def record_timeout(self, sent_at: float, now: float) -> bool:
        """Record that a call sent at ``sent_at`` timed out; return whether it opens."""
        with self._lock:
            silent_since = max(sent_at, self._answered_at)
            if self._missed:
                silent_since = min(silent_since, self._silent_since)
            self._silent_since = silent_since
            self._missed += 1
            is_silent = self._missed >= MISSED and now - silent_since >= SILENT_S
            if self._open or not is_silent:
                return False
            self._open = True
            self._pause_ends = now + PAUSE_S
            self._trials_left = 0
            return True
