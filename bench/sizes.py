"""A company with 100,000 services against one with ten: dashboard, list, filters."""

import re
from collections.abc import Iterator
from html import unescape

from bench.browser import Browser
from bench.companies import LARGE, SMALL, load
from bench.figures import Figure, at_most
from bench.site import Site
from bench.timing import medians_ms

GOAL = at_most(1.3)

_TIMES = 30
_STATES = ("pending", "active", "suspended", "terminated", "termination-requested")
_LISTS = (
    "/services",
    *(f"/services?state={state}" for state in _STATES),
    "/services?family=lxc",
    "/services?family=lxc&state=active",
    "/services?q=shop",
    "/services?q=shop-000007",
    "/services?q=nothing-like-it",
    "/services?q=shop+example&state=active&family=lxc",
    "/services?period=month&currency=EUR",
    "/services?period=year&family=hosting&state=active",
    "/services?state=suspended&reason=policy",
    *(f"/services?sort={sort}" for sort in ("created", "state", "price")),
    "/services?sort=price&order=desc&q=mail",
    "/services?sort=price&state=active&family=storage",
)


def measure(site: Site) -> Iterator[Figure]:
    load(site)
    large, small = site.browser(LARGE.email), site.browser(SMALL.email)
    yield _compare("/", "/", large, small)
    for address in _LISTS:
        yield _compare(address, address, large, small)
    for address in ("/services", "/services?q=shop", "/services?state=active"):
        yield _compare(_later(large, address), address, large, small)


def _compare(
    address: str, small_address: str, large: Browser, small: Browser
) -> Figure:
    ours, theirs = medians_ms(
        lambda: large.get(address), lambda: small.get(small_address), _TIMES
    )
    what = f"100,000 services: 10 services, {small_address}"
    later = ", a later page" if address != small_address else ""
    return Figure(what + later, ours, theirs, "ms", GOAL)


def _later(browser: Browser, address: str) -> str:
    """The address of a page some way into a list; a small company has only one."""
    for _ in range(20):
        address = _next(browser.get(address))
    return address


def _next(page: str) -> str:
    (link,) = re.findall(r'rel="next" href="([^"]+)"', page)
    return unescape(link)
