"""Our RPC client against nameko's own, and against a connection for each thread.

All call one bare service, the way sixteen threads of a web process would. nameko's
proxy is for one thread at a time, so sixteen that share one take turns; that each may
have one of its own is shown too.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any

from nameko.standalone.rpc import ClusterRpcProxy

from bench.bare import ECHO, TEXT, Echo, echo_service, nameko_config
from bench.figures import Figure, at_least, at_most
from bench.site import Site
from bench.thread_client import ThreadClient
from bench.timing import Work, busy_for, p99
from shared.rpc.amqp.client import AmqpClient
from shared.rpc.client import CallContext, call

THREADS = 16

_ROUNDS = 5
_ROUND_S = 2.0
_UNIT = "calls/s"


@dataclass
class _Way:
    """One way to call, in as many threads as there are works."""

    works: Sequence[Work]
    durations_ms: list[float] = field(default_factory=list)

    def run(self) -> None:
        self.durations_ms += busy_for(_ROUND_S, self.works)

    @property
    def throughput(self) -> float:
        return len(self.durations_ms) / (_ROUNDS * _ROUND_S)


def measure(site: Site) -> Iterator[Figure]:
    with ExitStack() as open_clients:
        open_clients.enter_context(echo_service(site.amqp_url))
        ours = _ours(site, open_clients)
        shared_proxy = _shared_proxy(site, open_clients)
        own_proxies = _own_proxies(site, open_clients)
        per_thread = _per_thread(site, open_clients)
        ways = (ours, shared_proxy, own_proxies, per_thread)
        for _ in range(_ROUNDS):
            for way in ways:
                way.run()
    yield _throughput("one ClusterRpcProxy for all threads", ours, shared_proxy, 2)
    yield _throughput("a ClusterRpcProxy for each thread", ours, own_proxies)
    yield _throughput("a pika connection for each thread", ours, per_thread, 1)
    yield Figure(
        "our client, 16 threads, p99: a pika connection for each thread",
        p99(ours.durations_ms),
        p99(per_thread.durations_ms),
        "ms",
        at_most(0.5),
    )


def _throughput(other: str, ours: _Way, theirs: _Way, goal: float = 0) -> Figure:
    return Figure(
        f"our client, 16 threads: {other}",
        ours.throughput,
        theirs.throughput,
        _UNIT,
        at_least(goal) if goal else None,
    )


def _ours(site: Site, open_clients: ExitStack) -> _Way:
    client = open_clients.enter_context(closing(AmqpClient(site.amqp_url)))
    request, context = Echo(text=TEXT), CallContext("bench", timeout_s=10)
    return _Way([partial(call, client, ECHO, request, context)] * THREADS)


def _shared_proxy(site: Site, open_clients: ExitStack) -> _Way:
    cluster, lock = _proxy(site, open_clients), Lock()

    def echo() -> None:
        with lock:
            cluster.echo.echo(text=TEXT)

    return _Way([echo] * THREADS)


def _own_proxies(site: Site, open_clients: ExitStack) -> _Way:
    proxies = [_proxy(site, open_clients) for _ in range(THREADS)]
    return _Way([partial(proxy.echo.echo, text=TEXT) for proxy in proxies])


def _per_thread(site: Site, open_clients: ExitStack) -> _Way:
    clients = [
        open_clients.enter_context(closing(ThreadClient(site.amqp_url)))
        for _ in range(THREADS)
    ]
    arguments = {"text": TEXT}
    return _Way([partial(c.call, "echo", "echo", arguments) for c in clients])


def _proxy(site: Site, open_clients: ExitStack) -> Any:
    config = nameko_config(site.amqp_url)
    return open_clients.enter_context(ClusterRpcProxy(config, timeout=10))
