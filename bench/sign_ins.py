"""Dashboards while a hundred people log in at once, against the same dashboards alone.

Hashing a password takes some 30 ms of a core. People who are logged in shouldn't wait
for those who are logging in.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.client import HTTPException
from threading import Event, Thread

from bench.browser import Browser
from bench.figures import Figure, at_most
from bench.site import Site
from bench.timing import busy_for, p99
from launcher.machine.errors import LaunchError

GOAL = at_most(4)

READERS = 4
LOGINS = 100

_ROUNDS = 3
_ROUND_S = 10.0


def measure(site: Site) -> Iterator[Figure]:
    pages = [partial(site.browser().get, "/") for _ in range(READERS)]
    people = [site.browser() for _ in range(LOGINS)]
    alone: list[float] = []
    beside: list[float] = []
    answered: list[bool] = []
    for _ in range(_ROUNDS):
        alone += busy_for(_ROUND_S, pages)
        with _logging_in(people, answered):
            beside += busy_for(_ROUND_S, pages)
    logins = f"{answered.count(True)} logins, {answered.count(False)} unanswered"
    what = f"dashboard, p99, {LOGINS} log in ({logins}): alone"
    yield Figure(what, p99(beside), p99(alone), "ms", GOAL)


@contextmanager
def _logging_in(people: Sequence[Browser], answered: list[bool]) -> Iterator[None]:
    """Everyone logs in again and again; notes for each time whether it was answered."""
    over = Event()

    def repeat(person: Browser) -> None:
        while not over.is_set():
            try:
                done = person.log_in()
            except (LaunchError, OSError, HTTPException):
                done = False
            answered.append(done)

    threads = [Thread(target=repeat, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
