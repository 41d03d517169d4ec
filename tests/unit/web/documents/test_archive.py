"""Many documents as one ZIP: readable, complete, and never more than one in memory."""

import io
from collections.abc import Callable, Iterable
from zipfile import BadZipFile, ZipFile

import pytest

from shared.contracts.billing.documents import Document, DocumentFile
from shared.errors import Conflict, ContractError, Unavailable
from tests.fixtures.documents import AT, file_of, paper
from web.documents.archive import MISSING, write_zip


def test_it_holds_each_documents_file_under_its_name() -> None:
    archive = _open(_zip(paper("INV-1"), paper("INV-2")))

    assert archive.testzip() is None
    assert archive.namelist() == ["INV-1.pdf", "INV-2.pdf"]
    assert archive.read("INV-2.pdf") == b"file of INV-2"
    assert archive.getinfo("INV-1.pdf").date_time == AT.timetuple()[:6]


def test_files_of_the_same_name_are_all_there() -> None:
    def fetch(document: Document) -> DocumentFile:
        name = "Same.pdf" if document.number == "B" else "same.pdf"
        return file_of(document.number.encode(), name)

    archive = _open(_zip(paper("A"), paper("B"), paper("C"), fetch=fetch))

    assert archive.namelist() == ["same.pdf", "Same (2).pdf", "same (3).pdf"]
    assert archive.read("Same (2).pdf") == b"B"


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\x.pdf", "/abs.pdf"])
def test_no_name_leads_out_of_the_folder_it_is_opened_in(name: str) -> None:
    archive = _open(_zip(paper(), fetch=lambda _: file_of(b"x", name)))

    assert not set("/\\") & set(archive.namelist()[0])


@pytest.mark.parametrize(
    "refusal", [Conflict("file_not_ready"), Unavailable("file_damaged")]
)
def test_a_file_that_cannot_be_had_is_named_and_the_others_are_there(
    refusal: ContractError,
) -> None:
    def fetch(document: Document) -> DocumentFile:
        if document.number == "INV-2":
            raise refusal
        return _file(document)

    archive = _open(_zip(paper("INV-1"), paper("INV-2"), paper("INV-3"), fetch=fetch))

    assert archive.namelist() == ["INV-1.pdf", "INV-3.pdf", MISSING]
    assert archive.read(MISSING).decode() == f"INV-2: because of {refusal.code}\n"


def test_one_that_breaks_off_cannot_be_opened() -> None:
    def fetch(document: Document) -> DocumentFile:
        if document.number == "INV-2":
            raise Unavailable("deadline_exceeded")
        return _file(document)

    written: list[bytes] = []
    with pytest.raises(Unavailable):
        written.extend(_zip(paper("INV-1"), paper("INV-2"), fetch=fetch))

    assert written
    with pytest.raises(BadZipFile):
        _open(written)


def test_a_file_is_sent_before_the_next_is_fetched() -> None:
    fetched: list[str] = []

    def fetch(document: Document) -> DocumentFile:
        fetched.append(document.number)
        return _file(document)

    pieces = iter(_zip(paper("INV-1"), paper("INV-2"), fetch=fetch))
    assert b"INV-1.pdf" in next(pieces)
    assert fetched == ["INV-1"]
    assert b"INV-1.pdf" not in next(pieces)


def _file(document: Document) -> DocumentFile:
    return file_of(f"file of {document.number}".encode(), f"{document.number}.pdf")


def _zip(
    *papers: Document, fetch: Callable[[Document], DocumentFile] = _file
) -> Iterable[bytes]:
    return write_zip(papers, fetch, lambda refusal: f"because of {refusal.code}", AT)


def _open(pieces: Iterable[bytes]) -> ZipFile:
    return ZipFile(io.BytesIO(b"".join(pieces)))
