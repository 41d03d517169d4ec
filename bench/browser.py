"""A browser that costs little itself: one kept connection, and its cookies."""

import http.client
import re
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

from launcher.demo.story import PASSWORD
from launcher.machine.errors import LaunchError

_TIMEOUT_S = 30
_PIECE = 65_536


class Browser:
    """Signed in from the start; belongs to one thread at a time."""

    def __init__(self, url: str, email: str, password: str = PASSWORD) -> None:
        parts = urlsplit(url)
        assert parts.hostname
        self._connection = http.client.HTTPConnection(
            parts.hostname, parts.port, timeout=_TIMEOUT_S
        )
        self._cookies: dict[str, str] = {}
        self._entered = {"email": email, "password": password}
        if not self.log_in():
            raise LaunchError(f"{email} could not sign in")

    def get(self, address: str) -> str:
        """The page at an address.

        Raises:
            LaunchError: it was answered with anything but 200.
        """
        status, page = self._ask("GET", address)
        if status != http.client.OK:
            raise LaunchError(f"{address} was answered with {status}")
        return page

    def count_lines(self, address: str) -> int:
        """Read a file to its end, and keep nothing of it.

        Raises:
            LaunchError: it was answered with anything but 200.
        """
        self._connection.request("GET", address, headers=self._headers())
        answer = self._connection.getresponse()
        if answer.status != http.client.OK:
            raise LaunchError(f"{address} was answered with {answer.status}")
        lines = 0
        while piece := answer.read1(_PIECE):
            lines += piece.count(b"\n")
        return lines

    def log_in(self) -> bool:
        """Begin another session on this device; returns whether that was answered."""
        self._cookies.pop("session", None)
        token = re.findall(r'name="csrf_token" value="([^"]+)"', self.get("/login"))
        entered = self._entered | {"csrf_token": token[0]}
        status, _ = self._ask("POST", "/login", urlencode(entered))
        return status == http.client.SEE_OTHER

    def _ask(self, method: str, address: str, form: str = "") -> tuple[int, str]:
        headers = self._headers()
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self._connection.request(method, address, form or None, headers)
            answer = self._connection.getresponse()
            page = answer.read().decode()
        except (OSError, http.client.HTTPException):
            self._connection.close()  # the next request opens another one
            raise
        for line in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                self._cookies[name] = morsel.value
        return answer.status, page

    def _headers(self) -> dict[str, str]:
        cookies = (f"{name}={value}" for name, value in self._cookies.items())
        # Parts of pages are asked for as htmx does it; pages are the same for it.
        return {"Cookie": "; ".join(cookies), "HX-Request": "true"}
