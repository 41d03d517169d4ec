"""Check a container's program: ``python -m launcher.run.health NAME``.

Run it in the program's own container, which has its settings. A service is healthy if
it reports so when called, for which the check has its own account; the web front end if
it answers, because it shows pages even without the services; the proxy if it passes
that answer on.
"""

import http.client
import socket
import sys
import uuid
from contextlib import closing
from urllib.parse import urlsplit

from launcher.machine.processes import wait_until
from launcher.run.readiness import is_served
from launcher.servers.rabbitmq import amqp_variable
from shared.contracts import billing, identity, inventory
from shared.rpc.amqp.client import AmqpClient
from shared.rpc.readiness import find_missing
from shared.settings import Settings, read_settings

TIMEOUT_S = 3

_CONTRACTS = {
    each.CONTRACT.name: each.CONTRACT for each in (identity, inventory, billing)
}


def main() -> None:
    _, program = sys.argv
    if problem := problem_of(program, read_settings()):
        sys.exit(problem)


def problem_of(program: str, settings: Settings) -> str:
    """Return the program's problem as a code; empty if it is healthy."""
    if program in _CONTRACTS:
        return _problem_of_service(program, settings)
    if program == "proxy":
        return "" if is_served(settings) else "proxy_unreachable"
    return _problem_of_web(settings)


def _problem_of_service(service: str, settings: Settings) -> str:
    amqp_url = settings.environment.get(amqp_variable("health")) or settings.amqp_url
    with closing(AmqpClient(amqp_url)) as client:
        wait_until(client.is_connected, TIMEOUT_S)
        missing = find_missing(client, [_CONTRACTS[service]], uuid.uuid4().hex[:16])
    return missing.get(service, "")


def _problem_of_web(settings: Settings) -> str:
    connection = _WebConnection(settings)
    # It answers only requests to its public host.
    host = urlsplit(settings.public_url).netloc
    try:
        connection.request("GET", "/healthz", headers={"Host": host})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return "web_unreachable"
    finally:
        connection.close()
    return "" if status == http.client.OK else f"status_{status}"


class _WebConnection(http.client.HTTPConnection):
    """Connect through its socket if it has one, otherwise through its port."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.listen, settings.port, timeout=TIMEOUT_S)
        self._path = settings.environment.get("WEB_SOCKET")

    def connect(self) -> None:
        if not self._path:
            super().connect()
            return
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT_S)
        self.sock.connect(self._path)


if __name__ == "__main__":
    main()
