"""Have a file made into images by a process of its own; see `remaking_process`."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from shared.contracts.identity.verification.documents import (
    MAX_BYTES,
    MAX_PAGES,
    MAX_PIXELS,
    FileRefusal,
)

WITHIN_S = 60.0
"""Also on a busy machine, where the process gets its 20 s of computing slowly."""

_PROGRAM = Path(__file__).with_name("remaking_process.py")
_LIMITS = (MAX_BYTES, MAX_PAGES, MAX_PIXELS)
_CHUNK_BYTES = 64 * 1024
_MADE = b"+"


class FileRefusedError(Exception):
    """A file that somebody sent can't be used."""

    def __init__(self, refusal: FileRefusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.value)


def remake(
    content: Iterable[bytes],
    keep: Callable[[Iterator[bytes]], None],
    within_s: float = WITHIN_S,
) -> None:
    """Make images of a file, and give them to ``keep`` in chunks.

    Neither is held in memory or written to a disk here. What ``content`` and ``keep``
    raise is passed on.

    Raises:
        FileRefusedError: ``keep`` may have got a part already.
    """
    process = subprocess.Popen(  # noqa: S603  our own program
        [sys.executable, "-I", str(_PROGRAM), *map(str, _LIMITS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
    )
    killing = threading.Timer(within_s, process.kill)
    killing.start()
    try:
        _exchange(process, content, keep)
    finally:
        killing.cancel()
        process.kill()
        process.wait()
        _close(process.stdin, process.stdout)


def _exchange(
    process: "subprocess.Popen[bytes]",
    content: Iterable[bytes],
    keep: Callable[[Iterator[bytes]], None],
) -> None:
    given, answered = process.stdin, process.stdout
    if given is None or answered is None:
        raise RuntimeError("both are pipes")
    _give(given, content)
    if answered.read(1) != _MADE:
        raise FileRefusedError(_read_refusal(answered))
    keep(_chunks(answered))
    if process.wait() != 0:
        raise FileRefusedError(FileRefusal.TOO_COMPLEX)


def _give(pipe: IO[bytes], content: Iterable[bytes]) -> None:
    # A process that has died reads no more; its answer, which is none, tells.
    for chunk in content:
        with suppress(BrokenPipeError):
            pipe.write(chunk)
    with suppress(BrokenPipeError):
        pipe.close()


def _read_refusal(pipe: IO[bytes]) -> FileRefusal:
    text = b"".join(_chunks(pipe)).decode()
    # Without an answer it was killed: by us, or because it took too much.
    return FileRefusal(text) if text else FileRefusal.TOO_COMPLEX


def _close(*pipes: IO[bytes] | None) -> None:
    for pipe in pipes:
        if pipe is not None:
            with suppress(BrokenPipeError):  # of what it hasn't read
                pipe.close()


def _chunks(pipe: IO[bytes]) -> Iterator[bytes]:
    while chunk := pipe.read(_CHUNK_BYTES):
        yield chunk
