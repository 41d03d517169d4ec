"""Keeps callers from waiting for a service that answers nobody.

A service *rests* once several calls in a row went unanswered and it has been silent for
a while. Calls to it are then refused at once, so that no thread waits in vain and no
queue grows; a few trials still go through, and the first answer ends the rest.

Only silence counts. A refusal or a fault is an answer, and so is one that comes late:
who answers is alive, however slow. Calls that never reached the broker, or were lost
with its connection, say nothing about the service. Neither does a crowd of hasty calls
that give up together (a page's first tries wait 0.3 s): the silence must outlast them,
nearly as long as a patient call waits.
"""

import threading

MISSED = 5
"""Calls in a row without an answer, before a service may rest."""

SILENT_S = 1.5
"""How long the service must have been silent by then."""

PAUSE_S = 1.0
"""How often trials go to a resting service. A page asks every few seconds."""

TRIALS = 4
"""Trials in one pause. A page's blocks ask separately, but at the same moment: one
that was refused beside another's trial would stay empty until its next turn."""


class Breaker:
    """What one process knows of one service; safe to use from any thread.

    Times are seconds of a clock that never goes back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._missed = 0
        self._silent_since = 0.0
        self._heard_at = float("-inf")
        self._resting = False
        self._pause_ends = 0.0
        self._trials_left = 0

    @property
    def is_resting(self) -> bool:
        return self._resting

    def admits(self, now: float) -> bool:
        """Whether a call may be sent; while the service rests, it is then a trial.

        A trial need not be reported back: one that is given up blocks nothing.
        """
        if not self._resting:
            return True
        with self._lock:
            if now >= self._pause_ends:
                self._pause_ends = now + PAUSE_S
                self._trials_left = TRIALS
            self._trials_left -= 1
            return self._trials_left >= 0

    def heard(self, now: float) -> bool:
        """An answer came, of whatever kind, to whichever call.

        Returns whether it ends a rest.
        """
        with self._lock:
            was_resting = self._resting
            self._missed = 0
            self._heard_at = now
            self._resting = False
            return was_resting

    def missed(self, sent_at: float, now: float) -> bool:
        """The time of a call sent at ``sent_at`` is up, and no answer has come.

        Returns whether a rest begins with it.
        """
        with self._lock:
            silent_since = max(sent_at, self._heard_at)
            if self._missed:
                silent_since = min(silent_since, self._silent_since)
            self._silent_since = silent_since
            self._missed += 1
            is_silent = self._missed >= MISSED and now - silent_since >= SILENT_S
            if self._resting or not is_silent:
                return False
            self._resting = True
            self._pause_ends = now + PAUSE_S
            self._trials_left = 0
            return True
