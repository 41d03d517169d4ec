"""The embedded run compresses by itself what a proxy would."""

import gzip
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from werkzeug.test import Client

from launcher.run.compression import compressing

LONG = b"<p>As long as a page is.</p>" * 100


def answering(media_type: str, pieces: Iterable[bytes], **headers: str) -> Client:
    def app(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        named = [(name.replace("_", "-"), value) for name, value in headers.items()]
        start_response("200 OK", [("Content-Type", media_type), *named])
        return pieces

    return Client(compressing(app))


def test_a_page_is_compressed_for_who_accepts_it() -> None:
    browser = answering("text/html; charset=utf-8", [LONG], ETag='"1"')

    small = browser.get("/", headers={"Accept-Encoding": "br, gzip"})
    plain = browser.get("/", headers={"Accept-Encoding": "gzip;q=0"})

    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == LONG == plain.data
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert small.headers["ETag"] == 'W/"1"'


@pytest.mark.parametrize(
    ("media_type", "headers"),
    [
        ("application/pdf", {}),
        ("text/html", {"Content-Length": str(len(LONG)), "Content_Encoding": "br"}),
    ],
)
def test_what_would_not_get_smaller_is_left(
    media_type: str, headers: dict[str, str]
) -> None:
    browser = answering(media_type, [LONG], **headers)

    answer = browser.get("/", headers={"Accept-Encoding": "gzip"})

    assert answer.data == LONG


def test_a_file_that_is_made_while_it_is_sent_comes_piece_by_piece() -> None:
    made = []

    def pieces() -> Iterator[bytes]:
        for number in range(3):
            made.append(number)
            yield f"{number}\n".encode() * 1000

    browser = answering("text/csv", pieces())
    answer = browser.get("/", headers={"Accept-Encoding": "gzip"}, buffered=False)

    first = next(iter(answer.response))

    assert len(first) > 10
    assert made == [0]
