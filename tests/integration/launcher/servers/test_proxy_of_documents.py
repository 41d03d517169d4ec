"""The proxy passes on a person's document as it comes, and nothing else."""

import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
import requests
from werkzeug.wsgi import get_input_stream

from launcher.machine.ports import LOOPBACK
from tests.fixtures.proxies import RunningProxy, application_at_a_port, proxy_before
from web.verification.documents import bp

PATIENCE_S = 15
AT_ONCE = 4
ADDRESS = bp.url_prefix or ""
MARKER = b"a marker in a document"


class Upstream:
    """Tells of each request's first bytes, then reads it to its end."""

    def __init__(self) -> None:
        self.came: SimpleQueue[bytes] = SimpleQueue()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = get_input_stream(environ)
        self.came.put(body.read(len(MARKER)))
        while body.read(65_536):
            pass
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"taken"]


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


def _begin(proxy: RunningProxy, length: int) -> socket.socket:
    sender = socket.create_connection((LOOPBACK, proxy.port), PATIENCE_S)
    head = f"POST {ADDRESS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}"
    sender.sendall(f"{head}\r\nConnection: close\r\n\r\n".encode() + MARKER)
    return sender


def _rest_of(sender: socket.socket) -> bytes:
    return b"".join(iter(lambda: sender.recv(65_536), b""))


def test_web_reads_a_document_while_it_is_sent_and_no_disk_holds_it(
    proxy: RunningProxy, upstream: Upstream, tmp_path: Path
) -> None:
    size = 4_000_000
    with _begin(proxy, size) as sender:
        assert upstream.came.get(timeout=PATIENCE_S) == MARKER
        sender.sendall(MARKER * 80_000)
        files = [f for f in (tmp_path / "the proxy").rglob("*") if f.is_file()]
        assert not [f for f in files if MARKER in f.read_bytes()]
        for process in Path("/proc").glob("[0-9]*"):
            assert not _open_temporary_files(process, tmp_path)
        sender.sendall(b"x" * (size - 80_001 * len(MARKER)))
        assert b" 200 " in _rest_of(sender).split(b"\r\n")[0]


def _open_temporary_files(process: Path, folder: Path) -> list[str]:
    try:
        targets = [str(link.readlink()) for link in (process / "fd").iterdir()]
    except OSError:  # it has ended meanwhile
        return []
    return [t for t in targets if t.startswith(f"{folder}/the proxy/body")]


def test_a_document_that_is_far_too_large_is_refused_in_words_of_its_own(
    proxy: RunningProxy, upstream: Upstream
) -> None:
    content = b"x" * (100 * 1024 * 1024)
    known = requests.post(proxy.url + ADDRESS, data=content, timeout=PATIENCE_S)
    chunked = requests.post(
        proxy.url + ADDRESS, data=iter([content]), timeout=PATIENCE_S
    )

    for answer in (known, chunked):
        assert answer.status_code == 413
        assert "10 MB" in answer.text
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'"


def test_a_sender_has_few_documents_under_way(
    proxy: RunningProxy, upstream: Upstream
) -> None:
    with ExitStack() as senders:
        for _ in range(AT_ONCE):
            senders.enter_context(_begin(proxy, 1_000))
            upstream.came.get(timeout=PATIENCE_S)
        refused = requests.post(
            proxy.url + ADDRESS, data=b"x" * 100, timeout=PATIENCE_S
        )

    assert refused.status_code == 429


def test_nothing_that_takes_a_document_ends_when_its_sender_goes(
    proxy: RunningProxy, upstream: Upstream
) -> None:
    with _begin(proxy, 1_000_000):
        upstream.came.get(timeout=PATIENCE_S)

    answer = requests.post(proxy.url + ADDRESS, data=MARKER, timeout=PATIENCE_S)
    assert answer.status_code == 200
