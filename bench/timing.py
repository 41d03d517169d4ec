"""Times of two things that are done in turns, so that a busy neighbour slows both."""

import itertools
import math
import statistics
import threading
import time
from collections.abc import Callable, Sequence

Work = Callable[[], object]

WARM_UP = 5
LEAST_PAIRS = 10


def timed_ms(work: Work) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def medians_ms(
    first: Work, second: Work, times: int, within_s: float = 10
) -> tuple[float, float]:
    """The median durations of both, done in turns after a warm-up.

    On a slow machine they are done less often than ``times``, to end ``within_s``.
    """
    for _ in range(WARM_UP):
        first()
        second()
    end = time.monotonic() + within_s
    pairs: list[tuple[float, float]] = []
    while len(pairs) < times:
        pairs.append((timed_ms(first), timed_ms(second)))
        if time.monotonic() > end and len(pairs) >= LEAST_PAIRS:
            break
    return (
        statistics.median(pair[0] for pair in pairs),
        statistics.median(pair[1] for pair in pairs),
    )


def busy_for(
    seconds: float, works: Sequence[Work], times: float = math.inf
) -> list[float]:
    """Each work again and again in a thread of its own; all durations in ms.

    It ends after ``seconds``, or after ``times`` in all. Raises whatever a work raised:
    what failed would look fast.
    """
    durations: list[float] = []
    faults: list[Exception] = []
    numbers = itertools.count()
    end = time.monotonic() + seconds

    def repeat(work: Work) -> None:
        try:
            while time.monotonic() < end and next(numbers) < times and not faults:
                durations.append(timed_ms(work))
        except Exception as fault:  # noqa: BLE001  raised again in the caller's thread
            faults.append(fault)

    threads = [threading.Thread(target=repeat, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return durations


def p99(durations: Sequence[float]) -> float:
    return statistics.quantiles(durations, n=100)[-1]
