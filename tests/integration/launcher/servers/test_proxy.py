"""The proxy: takes requests in as a whole, and says whom they come from."""

import json
import os
import signal
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest
import requests

from launcher.machine.ports import LOOPBACK, is_free, pick_port
from launcher.machine.processes import wait_until
from shared.settings import read_settings
from tests.fixtures.certificates import self_signed
from tests.fixtures.process_table import processes_of
from tests.fixtures.proxies import RunningProxy, application_at_a_port, proxy_before
from web.settings import read_web_settings
from web.site.security import MAX_FORM_BYTES, headers_of_every_answer

PATIENCE_S = 15
MOST_OF_ONE = 100
HEAD_OF_A_POST = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n"
FORGED = {
    "X-Forwarded-For": "198.51.100.9, 198.51.100.8",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Port": "666",
    "Forwarded": "for=198.51.100.7",
    "X-Real-IP": "198.51.100.6",
}


WEB_HEADERS = set(headers_of_every_answer(read_web_settings(read_settings({}))))


def assert_safe(headers: Mapping[str, str]) -> None:
    """It has the headers of every answer, as those of the web front end have."""
    assert set(headers) >= WEB_HEADERS | {"Cache-Control"}
    assert headers["Content-Security-Policy"] == "default-src 'none'"


class Upstream:
    """Answers with what it was told, at length; counts who came."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.asked += 1
        told = {k: v for k, v in environ.items() if k.startswith("HTTP_")}
        media_type = environ["QUERY_STRING"] or "text/html"
        start_response("200 OK", [("Content-Type", media_type)])
        return [json.dumps(told).encode(), b" " * 2000]


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
def proxy(upstream: Upstream, tmp_path: Path) -> Iterator[RunningProxy]:
    with (
        application_at_a_port(upstream) as port,
        proxy_before(port, tmp_path / "the proxy") as running,
    ):
        yield running


def test_a_request_comes_as_a_whole_or_not_at_all(
    proxy: RunningProxy, upstream: Upstream
) -> None:
    head = HEAD_OF_A_POST.format(2)
    with socket.create_connection((LOOPBACK, proxy.port)) as sender:
        sender.sendall(head.encode() + b"a")
        requests.get(proxy.url, timeout=PATIENCE_S)
        assert upstream.asked == 1

        sender.sendall(b"b")

        assert b"200 OK" in sender.recv(1000)
        assert upstream.asked == 2


def test_what_is_forged_about_the_sender_is_not_passed_on(proxy: RunningProxy) -> None:
    told = requests.get(proxy.url, headers=FORGED, timeout=PATIENCE_S).json()

    assert "evil" not in json.dumps(told)
    assert "198.51" not in json.dumps(told)
    assert told["HTTP_X_FORWARDED_FOR"] == LOOPBACK
    assert told["HTTP_X_FORWARDED_PROTO"] == "http"
    assert told["HTTP_X_FORWARDED_HOST"] == f"localhost:{proxy.port}"


def test_the_word_of_a_trusted_proxy_is_passed_on_with_our_own(
    upstream: Upstream, tmp_path: Path
) -> None:
    with (
        application_at_a_port(upstream) as port,
        proxy_before(port, tmp_path / "proxy", {"TRUSTED_PROXIES": "1"}) as proxy,
    ):
        told = requests.get(proxy.url, headers=FORGED, timeout=PATIENCE_S).json()

    assert told["HTTP_X_FORWARDED_FOR"] == f"{FORGED['X-Forwarded-For']}, {LOOPBACK}"
    assert told["HTTP_X_FORWARDED_PROTO"] == "https, http"
    assert "HTTP_X_FORWARDED_PREFIX" not in told


@pytest.mark.parametrize(
    ("media_type", "accepted", "encoding"),
    [
        ("text/html", "gzip", "gzip"),
        ("text/html", "gzip, br", "br"),
        ("text/html", "", None),
        # As brotli, a file that is made while it is sent would come at its end.
        ("text/csv", "gzip, br", "gzip"),
        ("application/pdf", "gzip, br", None),
    ],
)
def test_what_gets_smaller_by_it_is_compressed(
    proxy: RunningProxy, media_type: str, accepted: str, encoding: str | None
) -> None:
    answer = requests.get(
        f"{proxy.url}/?{media_type}",
        headers={"Accept-Encoding": accepted},
        timeout=PATIENCE_S,
    )

    assert answer.headers.get("Content-Encoding") == encoding


def test_too_large_a_body_is_refused_by_its_length_alone(
    proxy: RunningProxy, upstream: Upstream
) -> None:
    answer = requests.post(proxy.url, b"x" * (MAX_FORM_BYTES + 1), timeout=PATIENCE_S)

    assert answer.status_code == 413
    assert "Request too large" in answer.text
    assert_safe(answer.headers)
    assert upstream.asked == 0


@pytest.mark.parametrize("head", ["nonsense", "GET / HTTP/1.1", "GET /{long} HTTP/1.1"])
def test_a_malformed_request_is_refused_with_the_headers_of_every_answer(
    proxy: RunningProxy, upstream: Upstream, head: str
) -> None:
    with socket.create_connection((LOOPBACK, proxy.port), PATIENCE_S) as sender:
        sender.sendall(head.format(long="x" * 20_000).encode() + b"\r\n\r\n")
        answer = HTTPResponse(sender)
        answer.begin()

    assert answer.status in {400, 414}
    assert_safe(dict(answer.headers))
    assert upstream.asked == 0


def test_what_web_says_is_passed_on_and_nothing_added(tmp_path: Path) -> None:
    own = [("Content-Security-Policy", "default-src 'self'"), ("Retry-After", "7")]

    def app(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("503 Service Unavailable", own)
        return [b""]

    with (
        application_at_a_port(app) as port,
        proxy_before(port, tmp_path / "proxy") as proxy,
    ):
        answer = requests.get(proxy.url, timeout=PATIENCE_S)

    assert [(name, answer.headers[name]) for name, _ in own] == own
    assert not WEB_HEADERS - {"Content-Security-Policy"} & answer.headers.keys()


def test_while_the_web_front_end_is_away_it_says_so(tmp_path: Path) -> None:
    with proxy_before(pick_port(), tmp_path / "proxy") as proxy:
        answer = requests.get(proxy.url, timeout=PATIENCE_S)

    assert answer.status_code == 503
    assert "Not reachable right now" in answer.text
    assert answer.headers["Retry-After"] == "5"
    assert_safe(answer.headers)


def test_one_sender_of_slow_bodies_is_held_back_and_nobody_else(
    proxy: RunningProxy,
) -> None:
    head = HEAD_OF_A_POST.format(9)
    with ExitStack() as open_ones:
        for _ in range(MOST_OF_ONE):
            slow = open_ones.enter_context(_from_address("127.0.0.2", proxy.port))
            slow.sendall(head.encode() + b"x")
        # Each has been looked at once a later one of the same sender is refused.
        assert wait_until(lambda: _is_refused(head, proxy.port), PATIENCE_S)

        assert requests.get(proxy.url, timeout=PATIENCE_S).status_code == 200
        assert requests.post(proxy.url, b"x", timeout=PATIENCE_S).status_code == 200
        with _from_address("127.0.0.2", proxy.port) as same:
            same.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"200 OK" in same.recv(1000)


def _is_refused(head: str, port: int) -> bool:
    with _from_address("127.0.0.2", port) as one_more:
        one_more.sendall(head.encode() + b"x" * 9)
        answer = one_more.recv(1000)
    return b" 429 " in answer and b"Retry-After: 10" in answer


def _from_address(address: str, port: int) -> socket.socket:
    return socket.create_connection(
        (LOOPBACK, port), PATIENCE_S, source_address=(address, 0)
    )


def test_when_its_master_is_killed_nothing_of_it_is_left(
    proxy: RunningProxy, tmp_path: Path
) -> None:
    assert len(processes_of(tmp_path / "the proxy")) > 1

    os.kill(proxy.process.pid, signal.SIGKILL)
    proxy.process.wait()

    assert wait_until(lambda: processes_of(tmp_path) == {}, PATIENCE_S)
    assert is_free(proxy.port)


def test_where_there_is_a_certificate_it_ends_tls(
    upstream: Upstream, tmp_path: Path
) -> None:
    certificate = self_signed(tmp_path)
    tls = {"TLS_CERTIFICATE": str(certificate.chain), "TLS_KEY": str(certificate.key)}
    with (
        application_at_a_port(upstream) as port,
        proxy_before(port, tmp_path / "proxy", tls, certificate) as proxy,
    ):
        told = requests.get(
            proxy.url, verify=str(certificate.chain), timeout=PATIENCE_S
        ).json()

    assert told["HTTP_X_FORWARDED_PROTO"] == "https"
