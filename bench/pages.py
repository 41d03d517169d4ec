"""Dashboards per second: sixteen people at once against one alone."""

from collections.abc import Iterator
from functools import partial

from bench.figures import Figure
from bench.site import Site
from bench.timing import busy_for

CLIENTS = 16

_ROUNDS = 4
_ROUND_S = 3.0


def measure(site: Site) -> Iterator[Figure]:
    browsers = [site.browser() for _ in range(CLIENTS)]
    works = [partial(browser.get, "/") for browser in browsers]
    many = alone = 0
    for _ in range(_ROUNDS):
        many += len(busy_for(_ROUND_S, works))
        alone += len(busy_for(_ROUND_S, works[:1]))
    seconds = _ROUNDS * _ROUND_S
    what = "dashboards with 16 clients: with one"
    yield Figure(what, many / seconds, alone / seconds, "pages/s")
