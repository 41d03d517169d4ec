"""Behind the proxy, each client still counts as one, whatever headers say."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from services.identity.signing_in import throttle
from services.identity.signing_in.throttle import Limit
from tests.fixtures.installations import Installation
from tests.fixtures.proxies import application_at_a_port, proxy_before

PATIENCE_S = 30
MOST = 3


class FromAddress(HTTPAdapter):
    """Connects from an address of this machine."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *positional: Any, **named: Any) -> None:
        named["source_address"] = (self._address, 0)
        super().init_poolmanager(*positional, **named)


class Guesser:
    """Tries wrong passwords, each for another account."""

    def __init__(self, url: str, address: str = "127.0.0.1") -> None:
        self._url = url
        self._browser = requests.Session()
        self._browser.mount("http://", FromAddress(address))
        page = self._browser.get(f"{url}/login", timeout=PATIENCE_S).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token
        self._token = token[1]
        self._tries = 0

    def guess(self, forwarded_for: str) -> int:
        self._tries += 1
        answer = self._browser.post(
            f"{self._url}/login",
            {
                "csrf_token": self._token,
                "email": f"nobody-{self._tries}@example.com",
                "password": "wrong",
            },
            headers={"X-Forwarded-For": forwarded_for},
            timeout=PATIENCE_S,
        )
        return answer.status_code


@pytest.fixture(autouse=True)
def _few_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    few = (Limit(MOST, timedelta(minutes=15)),)
    monkeypatch.setattr(throttle, "PER_ADDRESS", few)


@pytest.mark.parametrize(
    ("trusted", "told", "another"),
    [
        ("0", "198.51.100.{}", ("127.0.0.2", "198.51.100.1")),
        # The outer proxy adds whom it sees.
        ("1", "198.51.100.{}, 203.0.113.7", ("127.0.0.1", "198.51.100.1, 203.0.113.8")),
    ],
)
def test_guesses_are_counted_by_who_really_sends_them(
    site: Installation,
    tmp_path: Path,
    trusted: str,
    told: str,
    another: tuple[str, str],
) -> None:
    settings = {"TRUSTED_PROXIES": trusted}
    app = replace(site, environment={**settings, "OWN_PROXY": "yes"}).app()
    with (
        application_at_a_port(app) as port,
        proxy_before(port, tmp_path / "proxy", settings) as proxy,
    ):
        guesser = Guesser(proxy.url)
        for number in range(MOST):
            assert guesser.guess(told.format(number)) == 401

        assert guesser.guess(told.format(MOST)) == 429
        address, forwarded_for = another
        assert Guesser(proxy.url, address).guess(forwarded_for) == 401
