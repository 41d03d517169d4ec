"""Who is not ready, and why, as the web front end tells."""

import http.client
import json
from urllib.parse import urlsplit

from launcher.machine.ports import LOOPBACK


def missing_programs(
    web_port: int, public_url: str, address: str = LOOPBACK
) -> dict[str, str]:
    """The programs that are not ready, with why: services, or ``web`` itself.

    The reasons are those of `shared.rpc.readiness`. ``address`` is where the web
    listens; it answers only who asks for it by its public name.
    """
    host = urlsplit(public_url).netloc
    connection = http.client.HTTPConnection(address, web_port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": host})
        answer = connection.getresponse()
        missing: dict[str, str] = json.loads(answer.read())["missing"]
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return {"web": "no_answer"}
    finally:
        connection.close()
    return missing
