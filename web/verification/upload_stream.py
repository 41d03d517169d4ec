"""Read a form with one file as it comes, without a file or a copy of it all.

A form's fields come in the order of its page: the token and everything else that
decides whether we want the file stand before it. Servers of forms, Flask too, read all
of a form first, and files into temporary ones.
"""

import threading
import time
from collections.abc import Callable, Iterator
from functools import wraps
from typing import IO, Any, TypeVar, cast

import flask
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import (
    NEED_DATA,
    Data,
    Epilogue,
    Event,
    Field,
    File,
    MultipartDecoder,
)

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

_READ_BYTES = 32
"""At once: a read waits until it has all. The proxy ends what brings nothing for 30 s,
so that a byte now and then lasts no more than 32 times as long beyond its time."""

_BLOCK_BYTES = 64 * 1024
_MOST_WAITING = 4 * _BLOCK_BYTES
_MOST_PARTS = 20
_LONGEST_FIELD = 4_096
_DRAIN_WITHIN_S = 10

_draining = threading.BoundedSemaphore(4)
"""Threads of this process that read what nobody wants."""


class UploadEnded(Exception):
    """The form ended before it was complete, or took too long; or it is none."""


class Upload:
    """A form that is being sent; `read_fields` comes first, then `chunks`.

    ``file_name`` is what its sender calls the file.
    """

    def __init__(self, body: IO[bytes], content_type: str, seconds: float) -> None:
        """Begin to read, for as long as ``seconds``.

        Raises:
            UploadEnded: the form has no file.
        """
        kind, options = parse_options_header(content_type)
        boundary = options.get("boundary", "")
        if kind != "multipart/form-data" or not boundary:
            raise UploadEnded("not a form with a file")
        self.file_name = ""
        self._body = body
        self._decoder = MultipartDecoder(
            boundary.encode(errors="replace"), _MOST_WAITING, max_parts=_MOST_PARTS
        )
        self._deadline = 0.0
        self.allow(seconds)

    def allow(self, seconds: float) -> None:
        """Let the rest take as long as ``seconds`` from now."""
        self._deadline = time.monotonic() + seconds

    def read_fields(self) -> ImmutableMultiDict[str, str]:
        """Read the fields before the file, each as far as a field of ours is long.

        Raises:
            UploadEnded: no file comes, or not in time.
        """
        fields: list[tuple[str, str]] = []
        while not isinstance(event := self._next(), File):
            if isinstance(event, Field):
                fields.append((event.name, self._read_field()))
            elif isinstance(event, Epilogue):
                raise UploadEnded("without a file")
        self.file_name = event.filename
        return ImmutableMultiDict(fields)

    def chunks(self) -> Iterator[bytes]:
        """Read the file to its end, which is the form's.

        Raises:
            UploadEnded: it is not complete, or not in time.
        """
        yield from self._data()
        while not isinstance(self._next(), Epilogue):
            """Whatever comes behind the file is passed over."""

    def _read_field(self) -> str:
        content = b""
        for data in self._data():
            content = (content + data)[:_LONGEST_FIELD]
        return content.decode(errors="replace")

    def _data(self) -> Iterator[bytes]:
        """Read the content of the part whose beginning has just been read."""
        while isinstance(event := self._next(), Data):
            if event.data:
                yield event.data
            if not event.more_data:
                return

    def _next(self) -> Event:
        try:
            while (event := self._decoder.next_event()) is NEED_DATA:
                if time.monotonic() > self._deadline:
                    raise UploadEnded("took too long")
                block = _read_block(self._body, self._deadline)
                self._decoder.receive_data(block or None)
        except (ValueError, RequestEntityTooLarge) as error:
            # The decoder's words may quote what was sent.
            raise UploadEnded("not a complete form") from error
        return event


def unread(view: View) -> View:
    """Give this view its request's body unread, above all else that might read it.

    What the view leaves of it is read then, as a browser that is still sending reads no
    answer. The proxy takes no more than some megabytes.
    """

    @wraps(view)
    def answer(**arguments: Any) -> ResponseReturnValue:
        take_fields(MultiDict())
        try:
            return view(**arguments)
        finally:
            _drain(flask.request.environ["wsgi.input"])

    return cast("View", answer)


def _drain(body: IO[bytes]) -> None:
    if not _draining.acquire(blocking=False):
        return
    try:
        deadline = time.monotonic() + _DRAIN_WITHIN_S
        while _read_block(body, deadline):
            """It is of no use to anybody."""
    finally:
        _draining.release()


def _read_block(body: IO[bytes], deadline: float) -> bytes:
    """Read what comes until the deadline; nothing at the body's end."""
    block = bytearray()
    read, now = body.read, time.monotonic
    while len(block) < _BLOCK_BYTES and now() < deadline:
        piece = read(_READ_BYTES)
        block += piece
        if len(piece) < _READ_BYTES:
            break
    return bytes(block)


def take_fields(fields: MultiDict[str, str]) -> None:
    """Make these the fields of the request's form."""
    request = flask.request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    vars(request)["form"] = ImmutableMultiDict(fields)


def begin_upload(seconds: float) -> Upload:
    """Begin to read the request's form.

    Raises:
        UploadEnded: the form has no file.
    """
    # The server ends it where the body ends; Flask's stream has the limit of forms.
    body = flask.request.environ["wsgi.input"]
    return Upload(body, flask.request.headers.get("Content-Type", ""), seconds)
