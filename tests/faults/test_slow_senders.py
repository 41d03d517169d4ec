"""A client that sends slowly and never ends keeps nobody else waiting."""

import resource
import socket
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
import requests

from launcher.demo.story import PASSWORD, PEOPLE
from tests.fixtures.customers import Customer
from tests.fixtures.servers import Servers
from tests.fixtures.sites import Site

SLOW_ONE = "127.0.0.2"
HEALTH_WITHIN_S = 0.1
LOOKS = 100
PATIENCE_S = 20

UNFINISHED_BODY = (
    b"POST /login HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\ne"
)
UNFINISHED_CHUNKS = (
    b"POST /login HTTP/1.1\r\nHost: localhost\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n3\r\nema"
)
UNFINISHED_HEADERS = b"GET /login HTTP/1.1\r\nHost: localhost\r\nX-"

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def stack(servers: Servers) -> Site:
    """The one that all tests visit."""
    site = servers.ask("stack")
    assert isinstance(site, Site)
    return site


@pytest.mark.parametrize(
    ("number", "unfinished"),
    [
        pytest.param(300, UNFINISHED_BODY, marks=pytest.mark.full),
        pytest.param(2000, UNFINISHED_BODY, marks=pytest.mark.fault),
        pytest.param(2000, UNFINISHED_CHUNKS, marks=pytest.mark.fault),
        pytest.param(10_000, UNFINISHED_HEADERS, marks=pytest.mark.fault),
    ],
)
def test_slow_senders_keep_nobody_waiting(
    stack: Site, number: int, unfinished: bytes
) -> None:
    with slow_senders(stack.port, number, unfinished), ThreadPoolExecutor(1) as other:
        signing_in = other.submit(sign_in, stack.url)
        seconds = [look_at_health(stack.url) for _ in range(LOOKS)]
        signing_in.result()

    assert statistics.median(seconds) < HEALTH_WITHIN_S


@contextmanager
def slow_senders(port: int, number: int, unfinished: bytes) -> Iterator[None]:
    _allow_files(number + 200)
    with ExitStack() as sockets:
        for _ in range(number):
            sender = sockets.enter_context(
                socket.create_connection(
                    ("127.0.0.1", port), PATIENCE_S, source_address=(SLOW_ONE, 0)
                )
            )
            sender.sendall(unfinished)
        yield


def look_at_health(url: str) -> float:
    started = time.perf_counter()
    answer = requests.get(f"{url}/healthz", timeout=PATIENCE_S)
    assert answer.status_code == 200
    return time.perf_counter() - started


def sign_in(url: str) -> None:
    """From another address than the slow senders'."""
    with Customer(url) as customer:
        customer.log_in(PEOPLE[0].email, PASSWORD)


def _allow_files(number: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < number:
        resource.setrlimit(resource.RLIMIT_NOFILE, (number, hard))
