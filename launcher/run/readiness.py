"""Ask the web front end which programs are not ready, and why."""

import http.client
import json
import ssl
from urllib.parse import urlsplit

from launcher.machine.layout import Layout
from launcher.machine.ports import LOOPBACK, read_port
from shared.settings import Settings

_TIMEOUT_S = 5


def missing_programs(settings: Settings) -> dict[str, str]:
    """Return the programs that are not ready, with why: services, ``web`` or ``proxy``.

    The reasons are those of `shared.rpc.readiness`. While the web front end is away,
    nothing is known of the others.
    """
    port = read_port(Layout(settings.var).port_file("admin"))
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        missing: dict[str, str] = json.loads(answer.read())["missing"]
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return {"web": "no_answer"}
    finally:
        connection.close()
    return missing if is_served(settings) else {**missing, "proxy": "no_answer"}


def is_served(settings: Settings) -> bool:
    """Return whether customers get an answer."""
    connection = _connect(settings)
    # It answers only to its public name.
    host = urlsplit(settings.public_url).netloc
    try:
        connection.request("GET", "/healthz", headers={"Host": host})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _connect(settings: Settings) -> http.client.HTTPConnection:
    address = settings.listen, settings.port
    if not settings.has_tls:
        return http.client.HTTPConnection(*address, timeout=_TIMEOUT_S)
    # The certificate is for the public name, which may lead elsewhere from here.
    unchecked = ssl._create_unverified_context()  # noqa: S323, SLF001
    return http.client.HTTPSConnection(*address, timeout=_TIMEOUT_S, context=unchecked)
