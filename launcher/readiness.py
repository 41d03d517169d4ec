"""Who is ready, as the web front end tells."""

import http.client
import json

from launcher.ports import LOOPBACK


def missing_programs(web_port: int) -> list[str]:
    """The programs that do not answer yet: services, or ``web`` itself."""
    connection = http.client.HTTPConnection(LOOPBACK, web_port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        missing: list[str] = json.loads(answer.read())["missing"]
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return ["web"]
    finally:
        connection.close()
    return missing
