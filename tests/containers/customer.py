"""A customer who logs in and looks at the dashboard, without a browser."""

import re
import urllib.request
from http.cookiejar import CookieJar
from urllib.parse import urlencode

TIMEOUT_S = 10
BLOCKS = ("balance", "menu", "recommended", "services", "costs", "security", "bell")


class Customer:
    def __init__(self, url: str) -> None:
        self._url = url
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(cookies)

    def log_in(self, email: str, password: str) -> None:
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.read("/login"))
        assert token, "the login page has no form"
        form = {"csrf_token": token[1], "email": email, "password": password}
        self.read("/login", urlencode(form).encode())

    def blocks(self) -> dict[str, str]:
        """Which state each block of the dashboard is in."""
        page = self.read("/")
        return dict(re.findall(r'id="block-(\w+)"[^>]*?data-state="(\w+)"', page))

    def read(self, path: str, data: bytes | None = None) -> str:
        with self._opener.open(self._url + path, data, TIMEOUT_S) as answer:
            text: str = answer.read().decode()
        return text
