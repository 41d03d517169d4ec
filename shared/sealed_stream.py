"""Encrypt a stream with AES-256-GCM, frame by frame.

A sealed stream is a header (1 byte version, 7 random bytes) and frames of 64 KiB of
content, each with its tag of 16 bytes; the last may be shorter. A frame's nonce is the
header's random bytes, its number and whether it is the last (the STREAM construction
of Hoang, Reyhanitabar, Rogaway and Vizár, 2015), so frames can't be exchanged, left
out, added or cut off. Each frame is bound to a context, such as whose document it is.

Use a key for one document only.
"""

import secrets
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FRAME_BYTES = 64 * 1024
"""The content of a frame."""

KEY_BYTES = 32

_VERSION = b"\x01"
_PREFIX_BYTES = 7
_HEADER_BYTES = len(_VERSION) + _PREFIX_BYTES
_TAG_BYTES = 16
_COUNTER_BYTES = 4


class DamagedStream(Exception):
    """The stream is not what was sealed with this key and context, or ends early."""


def new_key() -> bytes:
    """Make a random key for one document."""
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, context: bytes, content: Iterable[bytes]) -> Iterator[bytes]:
    """Encrypt content that comes in chunks of any size.

    Args:
        key: 32 bytes.
        context: what the stream is bound to; `unseal` needs the same.
        content: is read as the result is; what it raises is passed on.
    """
    header = _VERSION + secrets.token_bytes(_PREFIX_BYTES)
    cipher, bound = AESGCM(key), header + context
    yield header
    for number, (frame, is_last) in enumerate(_frames(content, FRAME_BYTES)):
        yield cipher.encrypt(_nonce(header, number, is_last=is_last), frame, bound)


def unseal(key: bytes, context: bytes, sealed: Iterable[bytes]) -> Iterator[bytes]:
    """Decrypt what `seal` made, in chunks of at most 64 KiB.

    Each chunk is genuine, but only when the result has ended without an error was it
    all of them: don't act on a part.

    Raises:
        DamagedStream: while the result is read.
    """
    header, rest = _split_header(sealed)
    cipher, bound = AESGCM(key), header + context
    frames = _frames(rest, FRAME_BYTES + _TAG_BYTES)
    for number, (frame, is_last) in enumerate(frames):
        nonce = _nonce(header, number, is_last=is_last)
        try:
            content = cipher.decrypt(nonce, frame, bound)
        except InvalidTag as error:
            raise DamagedStream(f"frame {number} is not genuine") from error
        if content:
            yield content


def _split_header(sealed: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    chunks, start = iter(sealed), b""
    while len(start) < _HEADER_BYTES:
        chunk = next(chunks, None)
        if chunk is None:
            raise DamagedStream("the header is incomplete")
        start += chunk
    header, first = start[:_HEADER_BYTES], start[_HEADER_BYTES:]
    if not header.startswith(_VERSION):
        raise DamagedStream("unknown version")
    return header, _chain(first, chunks)


def _chain(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from chunks


def _frames(chunks: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Cut chunks into frames of ``size``, with whether it is the last.

    There is always a last one, which is empty if nothing comes.
    """
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) > size:
            yield bytes(waiting[:size]), False
            del waiting[:size]
    yield bytes(waiting), True


def _nonce(header: bytes, number: int, *, is_last: bool) -> bytes:
    counter = number.to_bytes(_COUNTER_BYTES, "big")
    return header[len(_VERSION) :] + counter + bytes([is_last])
