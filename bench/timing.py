"""Times of one thing done again and again."""

import statistics
import time
from collections.abc import Callable


def median_ms(work: Callable[[], object], times: int, warm_up: int = 20) -> float:
    """The median duration of ``work`` in milliseconds, after a warm-up."""
    for _ in range(warm_up):
        work()
    durations = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        durations.append((time.perf_counter() - started) * 1000)
    return statistics.median(durations)
