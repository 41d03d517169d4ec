"""Compress answers in the embedded run, which has no proxy."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from werkzeug.http import parse_accept_header
from werkzeug.wrappers import Response

_TYPES = frozenset(
    {
        "text/html",
        "text/css",
        "text/csv",
        "text/javascript",
        "application/javascript",
        "application/json",
        "image/svg+xml",
    }
)
_LEVEL = 5
_GZIP_FORMAT = 31
_WORTH_IT_BYTES = 512

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def compressing(app: Application) -> Application:
    """Wrap an application to compress its answers for browsers that accept gzip."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        response = Response.from_app(app, environ)
        if response.mimetype in _TYPES and "Content-Encoding" not in response.headers:
            response.vary.add("Accept-Encoding")
            accepted = parse_accept_header(environ.get("HTTP_ACCEPT_ENCODING"))
            length = response.content_length
            is_small = length is not None and length < _WORTH_IT_BYTES
            if accepted["gzip"] > 0 and not is_small:
                _compress(response)
        return response(environ, start_response)

    return answer


def _compress(response: Response) -> None:
    headers = response.headers
    headers["Content-Encoding"] = "gzip"
    headers.pop("Content-Length", None)
    tag, _ = response.get_etag()
    if tag is not None:
        response.set_etag(tag, weak=True)
    response.response = _gzipped(response.response)  # type: ignore[arg-type]


def _gzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_FORMAT)
    for piece in pieces:
        # What is there goes at once: a download may take its time.
        yield compressor.compress(piece) + compressor.flush(zlib.Z_SYNC_FLUSH)
    yield compressor.flush()
