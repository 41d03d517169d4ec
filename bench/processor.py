"""Processor time of a page in each process, against that of a bare nameko service.

It is blurred less by other work on the machine than the time until a page is there.
What jobs do meanwhile counts, too.
"""

import re
from collections.abc import Iterator, Sequence
from functools import partial

from nameko.standalone.rpc import ClusterRpcProxy

from bench.bare import TEXT, echo_service, nameko_config
from bench.browser import Browser
from bench.figures import Figure
from bench.processes import pid_of, processor_ms
from bench.site import Site
from bench.timing import WARM_UP, Work

PROCESSES = ("web", "identity", "inventory", "billing", "postgres")

_PAGES = {
    "dashboard": "/",
    "list of services": "/services",
    "list of transactions": "{company}/transactions",
}
_ROUNDS = 5
_PAGES_A_ROUND = 40
_CALLS_A_ROUND = 100


def measure(site: Site) -> Iterator[Figure]:
    browser = site.browser()
    company = _company(browser)
    pids = [pid_of(site.layout, name) for name in PROCESSES]
    config = nameko_config(site.amqp_url)
    with (
        echo_service(site.amqp_url) as echo,
        ClusterRpcProxy(config, timeout=10) as cluster,
    ):
        call = partial(cluster.echo.echo, text=TEXT)
        for page, address in _PAGES.items():
            load = partial(browser.get, address.format(company=company))
            *ours, bare = _in_turns(pids, load, echo, call)
            for name, ms in zip(PROCESSES, ours, strict=True):
                what = f"processor of {name}, {page}: of a bare call"
                yield Figure(what, ms, bare, "ms")


def _company(browser: Browser) -> str:
    """Where the pages of the demo's company are."""
    address = re.search(r'href="(/companies/[0-9a-f-]{36})', browser.get("/"))
    assert address
    return address[1]


def _in_turns(
    pids: Sequence[int], load: Work, echo: int, call: Work
) -> Iterator[float]:
    """What one page costs each process, and at last what one call costs ``echo``."""
    for _ in range(WARM_UP):
        load()
        call()
    loads, calls = [], []
    for _ in range(_ROUNDS):
        loads.append(_used_ms(pids, load, _PAGES_A_ROUND))
        calls.append(_used_ms([echo], call, _CALLS_A_ROUND))
    for used in (*zip(*loads, strict=True), *zip(*calls, strict=True)):
        yield sum(used) / _ROUNDS


def _used_ms(pids: Sequence[int], work: Work, times: int) -> list[float]:
    """The processor time that each process uses while ``work`` is done once."""
    before = [processor_ms(pid) for pid in pids]
    for _ in range(times):
        work()
    after = [processor_ms(pid) for pid in pids]
    return [(b - a) / times for a, b in zip(before, after, strict=True)]
