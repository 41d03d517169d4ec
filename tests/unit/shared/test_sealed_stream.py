import secrets
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sealed_stream import FRAME_BYTES, DamagedStream, new_key, seal, unseal

KEY, CONTEXT = new_key(), b"company/document"
_HEADER, _SEALED_FRAME = 8, FRAME_BYTES + 16


def _sealed(content: bytes) -> bytes:
    return b"".join(seal(KEY, CONTEXT, [content]))


def _unsealed(sealed: bytes, key: bytes = KEY, context: bytes = CONTEXT) -> bytes:
    return b"".join(unseal(key, context, [sealed]))


@pytest.mark.parametrize(
    "size",
    [0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES],
)
def test_what_was_sealed_comes_out(size: int) -> None:
    content = secrets.token_bytes(size)
    frames = max(1, -(-size // FRAME_BYTES))

    sealed = _sealed(content)

    assert _unsealed(sealed) == content
    assert len(sealed) == _HEADER + size + 16 * frames


@given(st.lists(st.integers(0, 90_000), max_size=6), st.integers(1, 70_000))
def test_chunks_of_any_size_come_out(sizes: list[int], read_size: int) -> None:
    content = secrets.token_bytes(sum(sizes))

    def chunks() -> Iterator[bytes]:
        start = 0
        for size in sizes:
            yield content[start : start + size]
            start += size

    sealed = b"".join(seal(KEY, CONTEXT, chunks()))
    cut = (sealed[i : i + read_size] for i in range(0, len(sealed), read_size))
    assert b"".join(unseal(KEY, CONTEXT, cut)) == content


def _frames_of(sealed: bytes) -> tuple[bytes, list[bytes]]:
    body = sealed[_HEADER:]
    starts = range(0, len(body), _SEALED_FRAME)
    return sealed[:_HEADER], [body[i : i + _SEALED_FRAME] for i in starts]


def _mutilated() -> Iterator[tuple[str, bytes]]:
    sealed = _sealed(secrets.token_bytes(3 * FRAME_BYTES))
    header, (first, second, third) = _frames_of(sealed)
    _, (other, *_rest) = _frames_of(_sealed(b"x" * 2 * FRAME_BYTES))
    yield "nothing", b""
    yield "half a header", header[:4]
    yield "no frame", header
    yield "last frame missing", header + first + second
    yield "cut off", sealed[:-1]
    yield "frames exchanged", header + second + first + third
    yield "frame repeated", header + first + first + second + third
    yield "frame left out", header + first + third
    yield "another stream's frame", header + other + second + third
    yield "something appended", sealed + b"\0"
    yield "another version", b"\x02" + sealed[1:]
    yield "another prefix", header[:-1] + bytes([header[-1] ^ 1]) + sealed[_HEADER:]
    yield "a bit changed", sealed[:1000] + bytes([sealed[1000] ^ 1]) + sealed[1001:]


@pytest.mark.parametrize("sealed", [pytest.param(s, id=n) for n, s in _mutilated()])
def test_a_stream_that_was_changed_is_refused(sealed: bytes) -> None:
    with pytest.raises(DamagedStream):
        _unsealed(sealed)


def test_a_stream_opens_with_its_own_key_and_context_only() -> None:
    sealed = _sealed(b"content")

    with pytest.raises(DamagedStream):
        _unsealed(sealed, key=new_key())
    with pytest.raises(DamagedStream):
        _unsealed(sealed, context=b"company/another")


def test_the_same_content_never_looks_the_same() -> None:
    assert _sealed(b"content") != _sealed(b"content")
