"""Back-off: a longer pause after each failure, up to the longest."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Backoff:
    """``pauses_s`` are seconds; the last one is for all failures that follow."""

    pauses_s: tuple[float, ...]

    @classmethod
    def doubling(cls, first_s: float, longest_s: float) -> "Backoff":
        pauses_s = [first_s]
        while pauses_s[-1] < longest_s:
            pauses_s.append(min(pauses_s[-1] * 2, longest_s))
        return cls(tuple(pauses_s))

    def pause_s(self, failures: int) -> float:
        """How long to wait after so many failures, at least one.

        Raises:
            ValueError: there was no failure.
        """
        if failures < 1:
            raise ValueError("there is no pause before a failure")
        return self.pauses_s[min(failures, len(self.pauses_s)) - 1]

    def pause(self, failures: int) -> timedelta:
        return timedelta(seconds=self.pause_s(failures))
