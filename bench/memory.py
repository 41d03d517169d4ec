"""What each process holds after many requests, against what it held before.

``BENCH_REQUESTS`` says how many (100,000), ``BENCH_SECONDS`` how long they may take at
most (180). How many were really made stands in the table.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.browser import Browser
from bench.figures import Figure, at_most
from bench.site import Site
from bench.timing import busy_for
from launcher.machine.layout import Layout
from launcher.machine.processes import read_pid

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
    before = {name: megabytes(site.layout, name) for name in PROCESSES}
    made = len(busy_for(seconds, walks, wanted))
    for name in PROCESSES:
        what = f"memory of {name} after {made:,} requests: before"
        after = megabytes(site.layout, name)
        yield Figure(what, after, before[name], "MB", GOAL)


def _walk(browser: Browser) -> Callable[[], object]:
    addresses = itertools.cycle(_ADDRESSES)
    return lambda: browser.get(next(addresses))


def megabytes(layout: Layout, name: str) -> float:
    """The proportional share of memory of a process and its children."""
    pid = read_pid(layout.pid_file(name))
    assert pid
    return sum(map(_share_kb, _family(pid))) / 1024


def _family(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from _family(int(child))


def _share_kb(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(
        int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")
    )
