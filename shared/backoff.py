"""Back-off: wait longer after each failure, up to a maximum."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Backoff:
    """Pauses in seconds; the last one applies to all further failures."""

    pauses_s: tuple[float, ...]

    @classmethod
    def doubling(cls, first_s: float, longest_s: float) -> "Backoff":
        pauses_s = [first_s]
        while pauses_s[-1] < longest_s:
            pauses_s.append(min(pauses_s[-1] * 2, longest_s))
        return cls(tuple(pauses_s))

    def pause_s(self, failures: int) -> float:
        """Return how long to wait after a number of failures (at least one).

        Raises:
            ValueError: there was no failure.
        """
        if failures < 1:
            raise ValueError("there is no pause before a failure")
        return self.pauses_s[min(failures, len(self.pauses_s)) - 1]

    def pause(self, failures: int) -> timedelta:
        return timedelta(seconds=self.pause_s(failures))
