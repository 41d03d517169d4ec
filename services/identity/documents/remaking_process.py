"""The program that makes images of a file that somebody sent.

It runs as a process of its own with little memory and time, because decoders of images
and PDFs are where hostile files do their harm. It reads the file from its standard
input and writes its answer to the standard output: ``+`` and a MessagePack list of JPEG
pages, or ``-`` and a `FileRefusal`. It knows no setting and imports nothing of ours;
from before it reads the file, it can open neither a file nor a connection.
"""

import os
import resource
import sys
import warnings
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import msgspec

_LONGEST_SIDE = 2_400
"""Pixels: about 200 dpi of an A4 page, on which small print can be read."""
_QUALITY = 82
_MAX_ANSWER_BYTES = 24 * 1024 * 1024

_NICENESS = 10
_MEMORY_BYTES = 768 * 1024 * 1024
"""Of address space. An image of 50 megapixels takes 200 MB, and its copy 150 MB."""
_CPU_S = 20

_JPEG = b"\xff\xd8\xff"
_PNG = b"\x89PNG\r\n\x1a\n"
_RIFF, _WEBP = b"RIFF", b"WEBP"
_PDF = b"%PDF-"
_BROKEN_PDF_PASSWORD = 4
"""``FPDF_ERR_PASSWORD`` of PDFium's ``fpdfview.h``."""


class RefusedError(Exception):
    """The file can't be used; its text is a `FileRefusal`."""


def limit_resources() -> None:
    """Give up what a decoder doesn't need, before anything hostile is read."""
    os.nice(_NICENESS)
    for what, most in (
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_CPU, _CPU_S),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(what, (most, most))


def open_nothing_more() -> None:
    """Import all that decoders need, and give up opening files and connections.

    A PDF that names a font without having it is drawn with one of PDFium's own.
    """
    import pypdfium2  # noqa: PLC0415
    from PIL import (  # noqa: PLC0415  under the limits
        Image,
        ImageOps,
        MpoImagePlugin,
        WebPImagePlugin,
    )

    del ImageOps, MpoImagePlugin, WebPImagePlugin
    Image.preinit()
    pypdfium2.PdfDocument.new().close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def make_pages(content: bytes, max_pages: int, max_pixels: int) -> list[bytes]:
    """Return a JPEG for each page of a file.

    Raises:
        RefusedError: it can't be used.
    """
    pages, size = [], 0
    for page in _read_pages(content, max_pages, max_pixels):
        pages.append(page)
        size += len(page)
        if size > _MAX_ANSWER_BYTES:
            raise RefusedError("too_complex")
    return pages


def _read_pages(content: bytes, max_pages: int, max_pixels: int) -> Iterator[bytes]:
    is_webp = content[:4] == _RIFF and content[8:12] == _WEBP
    if content.startswith(_PDF):
        return _render_pdf(content, max_pages)
    if is_webp or content.startswith((_JPEG, _PNG)):
        return iter((_remake_image(content, max_pixels),))
    raise RefusedError("wrong_type")


def _remake_image(content: bytes, max_pixels: int) -> bytes:
    from PIL import Image, ImageOps  # noqa: PLC0415  under the limits

    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = max_pixels
    try:
        image = Image.open(BytesIO(content), formats=("JPEG", "PNG", "WEBP"))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as bomb:
        raise RefusedError("too_many_pixels") from bomb
    # Photos are decoded at less than their full size where that is enough.
    image.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
    image.load()
    return _write(ImageOps.exif_transpose(image))


def _render_pdf(content: bytes, max_pages: int) -> Iterator[bytes]:
    import pypdfium2  # noqa: PLC0415  under the limits

    try:
        pdf = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        is_encrypted = error.err_code == _BROKEN_PDF_PASSWORD
        raise RefusedError("encrypted" if is_encrypted else "damaged") from error
    if len(pdf) > max_pages:
        raise RefusedError("too_many_pages")
    if not len(pdf):
        raise RefusedError("damaged")
    for page in pdf:
        scale = _LONGEST_SIDE / max(*page.get_size(), 1)
        yield _write(page.render(scale=scale, may_draw_forms=False).to_pil())
        page.close()


def _write(image: Any) -> bytes:
    """Write an image as a JPEG without any metadata, on white where it is clear."""
    from PIL import Image  # noqa: PLC0415  under the limits

    image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        paper = Image.new("RGB", image.size, "white")
        paper.paste(image, mask=image.getchannel("A"))
        image = paper
    written = BytesIO()
    Image.frombytes("RGB", image.size, image.convert("RGB").tobytes()).save(
        written, "JPEG", quality=_QUALITY
    )
    return written.getvalue()


def main() -> None:
    max_bytes, max_pages, max_pixels = map(int, sys.argv[1:])
    limit_resources()
    open_nothing_more()
    content = sys.stdin.buffer.read(max_bytes + 1)
    is_whole = len(content) <= max_bytes
    sys.stdout.buffer.write(
        _answer(content, max_pages, max_pixels) if is_whole else b"-too_large"
    )


def _answer(content: bytes, max_pages: int, max_pixels: int) -> bytes:
    try:
        pages = make_pages(content, max_pages, max_pixels)
    except RefusedError as refusal:
        return b"-" + str(refusal).encode()
    except MemoryError:
        return b"-too_complex"
    except Exception:  # noqa: BLE001  decoders raise anything at broken files
        return b"-damaged"
    return b"+" + msgspec.msgpack.encode(pages)


if __name__ == "__main__":
    main()
