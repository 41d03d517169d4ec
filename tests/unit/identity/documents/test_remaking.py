"""Files that people send become plain images, or are refused."""

import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from services.identity.documents import remaking
from services.identity.documents.remaking import FileRefusedError, remake
from shared.contracts.identity.verification.documents import (
    MAX_BYTES,
    MAX_PAGES,
    FileRefusal,
)
from tests.fixtures.identity import files


def _remade(content: bytes, within_s: float = 60) -> list[bytes]:
    kept: list[bytes] = []

    def keep(chunks: Iterator[bytes]) -> None:
        kept.extend(chunks)

    halves = (content[: len(content) // 2], content[len(content) // 2 :])
    remake(halves, keep, within_s)
    return msgspec.msgpack.decode(b"".join(kept), type=list[bytes])


@pytest.mark.parametrize(
    ("content", "pages"),
    [
        (files.photo(), 1),
        (files.photo(kind="PNG"), 1),
        (files.photo(kind="WEBP"), 1),
        (files.polyglot(), 1),
        (files.pdf(pages=MAX_PAGES), MAX_PAGES),
        (files.active_pdf(), 1),
    ],
    ids=["jpeg", "png", "webp", "polyglot", "pdf", "pdf-with-script"],
)
def test_what_was_in_a_file_beside_its_picture_is_gone(
    content: bytes, pages: int
) -> None:
    made = _remade(content)

    assert len(made) == pages
    assert b"planted marker" not in b"".join(made)
    for page in made:
        with Image.open(BytesIO(page)) as image:
            assert image.format == "JPEG"
            assert max(image.size) <= 2400
            assert not image.getexif()


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", FileRefusal.WRONG_TYPE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", FileRefusal.WRONG_TYPE),
        (files.EICAR, FileRefusal.WRONG_TYPE),
        (b"MZ" + files.photo(), FileRefusal.WRONG_TYPE),
        (files.docx(), FileRefusal.WRONG_TYPE),
        (files.photo()[:400], FileRefusal.DAMAGED),
        (b"%PDF-1.7 and then nothing", FileRefusal.DAMAGED),
        (files.photo() + b"\0" * MAX_BYTES, FileRefusal.TOO_LARGE),
        (files.large_png(30_000, 30_000), FileRefusal.TOO_MANY_PIXELS),
        (files.large_png(8_000, 8_000), FileRefusal.TOO_MANY_PIXELS),
        (files.pdf(pages=MAX_PAGES + 1), FileRefusal.TOO_MANY_PAGES),
        (files.pdf(password="secret"), FileRefusal.ENCRYPTED),
    ],
    ids=lambda it: it.value if isinstance(it, FileRefusal) else "",
)
def test_each_refusal_has_its_own_reason(content: bytes, refusal: FileRefusal) -> None:
    with pytest.raises(FileRefusedError) as refused:
        _remade(content)

    assert refused.value.refusal is refusal


@pytest.mark.full
def test_a_pdf_that_unfolds_stays_within_its_memory() -> None:
    content = files.unfolding_pdf()
    assert len(content) < 300_000

    with suppress(FileRefusedError):  # or it is drawn; this process never holds it
        assert len(_remade(content)) == 1


def test_a_process_that_takes_too_long_is_killed() -> None:
    with pytest.raises(FileRefusedError) as refused:
        _remade(files.large_png(7_000, 7_000), within_s=0.001)

    assert refused.value.refusal is FileRefusal.TOO_COMPLEX


def test_what_goes_wrong_outside_is_passed_on() -> None:
    def fails(_chunks: Iterator[bytes]) -> None:
        raise OSError("the storage is full")

    with pytest.raises(OSError, match="full"):
        remake([files.photo((4000, 3000))], fails)


def test_a_file_is_never_in_this_process_as_a_whole() -> None:
    piece = bytes(64 * 1024)
    pieces = (piece for _ in range(MAX_BYTES // len(piece)))
    tracemalloc.start()
    try:
        with pytest.raises(FileRefusedError):
            remake(pieces, lambda _chunks: None)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 1024 * 1024


_INTRUDER = """
import socket, sys
sys.path.insert(0, sys.argv[1])
import remaking_process
remaking_process.limit_resources()
remaking_process.open_nothing_more()
attempts = (
    lambda: open(sys.argv[1] + "/remaking_process.py"),
    lambda: open("/proc/self/environ"),
    socket.socket,
    socket.socketpair,
)
for attempt in attempts:
    try:
        attempt()
    except OSError:
        continue
    sys.exit("it could")
"""


def test_who_breaks_a_decoder_opens_neither_files_nor_connections() -> None:
    folder = str(Path(remaking.__file__).parent)
    program = [sys.executable, "-I", "-c", _INTRUDER, folder]
    ended = subprocess.run(program, env={}, capture_output=True, check=False)

    assert (ended.returncode, ended.stderr) == (0, b"")
