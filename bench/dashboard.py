"""The whole dashboard against one bare nameko call. Goal: p50 at most 4 times."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from nameko.exceptions import UnknownService
from nameko.standalone.rpc import ClusterRpcProxy

from bench.timing import median_ms
from launcher.demo.story import PASSWORD
from launcher.processes import leashed, stop, wait_until

GOAL = 4.0
TIMES = 200
_START_TIMEOUT_S = 20


def measure(url: str, amqp_url: str) -> str:
    """Measure on a running stack with its demo."""
    with _echo_service(amqp_url):
        config = {"AMQP_URI": amqp_url}
        with ClusterRpcProxy(config, timeout=10) as cluster:
            wait_until(lambda: _answers(cluster), _START_TIMEOUT_S)
            bare = median_ms(lambda: cluster.echo.echo(text="hello"), TIMES)
    browser = _sign_in(url)
    page = median_ms(lambda: browser.get(url).raise_for_status(), TIMES)
    return (
        f"dashboard {page:.1f} ms, bare nameko call {bare:.1f} ms: "
        f"{page / bare:.1f} times (goal: at most {GOAL:.0f})"
    )


def _answers(cluster: ClusterRpcProxy) -> bool:
    try:
        cluster.echo.echo(text="ready?")
    except UnknownService:
        return False
    return True


@contextmanager
def _echo_service(amqp_url: str) -> Iterator[None]:
    command = leashed([sys.executable, "-m", "bench.echo", amqp_url], "TERM")
    process = subprocess.Popen(command)
    try:
        yield
    finally:
        stop(process, signal.SIGTERM, 5)


def _sign_in(url: str) -> requests.Session:
    browser = requests.Session()
    form = browser.get(f"{url}/login").text
    token = re.findall(r'name="csrf_token" value="([^"]+)"', form)[0]
    entered = {
        "email": "demo@example.com",
        "password": PASSWORD,
        "csrf_token": token,
    }
    browser.post(f"{url}/login", data=entered).raise_for_status()
    return browser
