"""Who is ready, as the web front end tells."""

import http.client
import json
from urllib.parse import urlsplit

from launcher.ports import LOOPBACK


def missing_programs(web_port: int, public_url: str) -> list[str]:
    """The programs that do not answer yet: services, or ``web`` itself.

    The web answers only who asks for it by its public name.
    """
    host = urlsplit(public_url).netloc
    connection = http.client.HTTPConnection(LOOPBACK, web_port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": host})
        answer = connection.getresponse()
        missing: list[str] = json.loads(answer.read())["missing"]
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return ["web"]
    finally:
        connection.close()
    return missing
