"""Forms with a file, as they come from the network."""

import io
import random

import pytest

from web.verification.upload_stream import Upload, UploadEnded

TYPE = "multipart/form-data; boundary=edge"


def _part(name: str, content: bytes, file: str | None = None) -> bytes:
    named = f'; filename="{file}"' if file is not None else ""
    head = f'--edge\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + content + b"\r\n"


END = b"--edge--\r\n"


def _upload(body: bytes, content_type: str = TYPE, seconds: float = 5) -> Upload:
    return Upload(io.BytesIO(body), content_type, seconds)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"--edg",
        b"\r\n--edg\r\n\r\n--edge-\r\n",
        b"\r" * 100_000,
        random.Random(1).randbytes(400_001),
    ],
)
def test_the_fields_before_the_file_and_then_the_file_come_whole(
    content: bytes,
) -> None:
    fields = _part("a", b"1") + _part("b", "\u00fc".encode()) + _part("a", b"2")
    after = _part("c", b"is passed over")
    upload = _upload(fields + _part("file", content, "x.pdf") + after + END)

    read = upload.read_fields()

    assert read.getlist("a") == ["1", "2"]
    assert read["b"] == "\u00fc"
    assert upload.file_name == "x.pdf"
    assert b"".join(upload.chunks()) == content
    assert "c" not in read


def test_a_field_that_is_too_long_is_cut() -> None:
    upload = _upload(_part("a", b"x" * 1_000_000) + _part("file", b"", "x") + END)

    assert len(upload.read_fields()["a"]) < 10_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x" * 1_000_000,
        END,
        _part("a", b"1") + END,
        _part("a", b"1"),
        b"--edge\r\n\r\nno head\r\n" + END,
        b"--edge\r\nContent-Disposition: \xff\xfe\r\n\r\n\r\n" + END,
        b"--edge\r\nContent-Disposition: form-data; " + b"x" * 1_000_000,
        b"".join(_part("a", b"1") for _ in range(100)) + _part("file", b"", "x") + END,
    ],
)
def test_a_form_without_a_file_is_none(body: bytes) -> None:
    with pytest.raises(UploadEnded):
        _upload(body).read_fields()


@pytest.mark.parametrize("lost", [1, len(END), len(END) + 1, 5_000])
def test_a_form_that_breaks_off_is_not_taken_for_complete(lost: int) -> None:
    whole = _part("file", b"y" * 10_000, "x") + END
    upload = _upload(whole[: -lost - 2])
    upload.read_fields()

    with pytest.raises(UploadEnded):
        list(upload.chunks())


def test_a_form_that_takes_too_long_is_ended() -> None:
    upload = _upload(_part("file", b"y" * 10_000_000, "x") + END)
    upload.read_fields()
    upload.allow(0)

    with pytest.raises(UploadEnded):
        list(upload.chunks())


@pytest.mark.parametrize(
    "content_type", ["", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_another_kind_of_form_is_refused(content_type: str) -> None:
    with pytest.raises(UploadEnded):
        _upload(b"a=1", content_type)
