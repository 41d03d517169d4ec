"""What each process holds after many requests, against what it held before.

``BENCH_REQUESTS`` says how many (100,000), ``BENCH_SECONDS`` how long they may take at
most (180). How many were really made stands in the table.
"""

import itertools
import os
from collections.abc import Callable, Iterator

from bench.browser import Browser
from bench.figures import Figure, at_most
from bench.processes import megabytes, pid_of
from bench.site import Site
from bench.timing import busy_for

GOAL = at_most(1.05)
"""Flat, but for what one collection of garbage leaves to the next."""

CLIENTS = 16
PROCESSES = ("web", "identity", "inventory", "billing")

_ADDRESSES = (
    "/",
    "/blocks/balance",
    "/services",
    "/blocks/menu",
    "/services?q=web&sort=price",
    "/blocks/services",
    "/account",
    "/blocks/costs",
)
_WARM_UP = 3_000
"""Until threads, connections and caches of bounded size are all there."""


def measure(site: Site) -> Iterator[Figure]:
    wanted = int(os.environ.get("BENCH_REQUESTS", "100000"))
    seconds = float(os.environ.get("BENCH_SECONDS", "180"))
    walks = [_walk(site.browser()) for _ in range(CLIENTS)]
    busy_for(seconds, walks, min(_WARM_UP, wanted))
    pids = {name: pid_of(site.layout, name) for name in PROCESSES}
    before = {name: megabytes(pid) for name, pid in pids.items()}
    made = len(busy_for(seconds, walks, wanted))
    for name, pid in pids.items():
        what = f"memory of {name} after {made:,} requests: before"
        yield Figure(what, megabytes(pid), before[name], "MB", GOAL)


def _walk(browser: Browser) -> Callable[[], object]:
    addresses = itertools.cycle(_ADDRESSES)
    return lambda: browser.get(next(addresses))
