"""A bare nameko service beside the stack, and how our own client calls it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from nameko.constants import RPC_EXCHANGE_CONFIG_KEY
from nameko.exceptions import UnknownService
from nameko.standalone.rpc import ClusterRpcProxy

from launcher.machine.errors import LaunchError
from launcher.machine.processes import leashed, stop, wait_until
from shared.contract import Method, Request, Response
from shared.permissions import Permission
from shared.rpc.messages import RPC_EXCHANGE

TEXT = "hello"

_START_TIMEOUT_S = 20


class Echo(Request, frozen=True, kw_only=True):
    text: str


class Said(Response, frozen=True, kw_only=True):
    text: str


ECHO: Method[Echo, Said] = Method("echo", "echo", Echo, Said, Permission.PUBLIC)


def nameko_config(amqp_url: str) -> dict[str, str]:
    """Nameko's configuration for services and clients on our exchange."""
    return {"AMQP_URI": amqp_url, RPC_EXCHANGE_CONFIG_KEY: RPC_EXCHANGE}


@contextmanager
def echo_service(amqp_url: str) -> Iterator[int]:
    """Run `bench.echo` for the length of the block, which is given its process id.

    Raises:
        LaunchError: it does not answer.
    """
    module = ["-W", "ignore", "-m", "bench.echo", amqp_url]
    process = subprocess.Popen(leashed([sys.executable, *module], "TERM"))
    try:
        with ClusterRpcProxy(nameko_config(amqp_url), timeout=10) as cluster:
            if not wait_until(lambda: _answers(cluster), _START_TIMEOUT_S):
                raise LaunchError("the bare service did not start")
        yield process.pid
    finally:
        stop(process, signal.SIGTERM, 5)


def _answers(cluster: ClusterRpcProxy) -> bool:
    try:
        cluster.echo.echo(text=TEXT)
    except UnknownService:
        return False
    return True
