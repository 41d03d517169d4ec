"""Files for people: of one document, of many, and the list of transactions."""

import csv
import io
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from threading import Event, Semaphore
from typing import Any, cast
from uuid import UUID, uuid4
from zipfile import BadZipFile, ZipFile

import pytest
from flask.testing import FlaskClient

from shared.contracts.actors import UNNAMED
from shared.contracts.billing.documents import (
    GET_DOCUMENT_FILE,
    LIST_DOCUMENTS,
    DocumentFormat,
    GetDocumentFile,
    ListDocuments,
)
from shared.contracts.billing.transactions import (
    LIST_TRANSACTIONS,
    ListTransactions,
    Transaction,
    TransactionPage,
)
from shared.contracts.notes import own_words
from shared.errors import (
    Conflict,
    ContractError,
    InvalidInput,
    NotFound,
    RemoteFault,
    Unavailable,
)
from tests.fixtures.documents import AT, file_of, money, page_of, paper
from tests.fixtures.fake_services import OURS, FakeServices
from web.page.csv_files import INCOMPLETE
from web.page.downloads import MOST, MOST_OF_ONE

DOCUMENT_ID = UUID("8f14e45f-ceea-4b67-8c1b-0000000000dd")
PDF = f"/companies/{OURS}/invoices/{DOCUMENT_ID}.pdf"
ZIP = f"/companies/{OURS}/invoices.zip"
CSV = f"/companies/{OURS}/transactions.csv"


@pytest.fixture
def browser(billing: FakeServices) -> FlaskClient:
    return billing.browser()


@pytest.mark.parametrize(
    ("ending", "format_"),
    [
        ("pdf", DocumentFormat.PDF),
        ("xml", DocumentFormat.XML),
        ("ubl.xml", DocumentFormat.UBL),
    ],
)
def test_each_file_comes_as_what_it_is_and_under_its_name(
    billing: FakeServices,
    browser: FlaskClient,
    ending: str,
    format_: DocumentFormat,
) -> None:
    is_pdf = format_ is DocumentFormat.PDF
    media = "application/pdf" if is_pdf else "application/xml"
    shown = "inline" if is_pdf else "attachment"
    _answer(billing, GET_DOCUMENT_FILE, lambda _: file_of(b"bytes", "INV-1", media))

    answer = browser.get(PDF.replace("pdf", ending))

    wanted = GetDocumentFile(document_id=DOCUMENT_ID, format=format_)
    assert billing.calls == [(str(GET_DOCUMENT_FILE), OURS, wanted)]
    assert answer.status_code == 200
    assert answer.data == b"bytes"
    assert answer.mimetype == media
    assert answer.headers["Content-Disposition"] == f"{shown}; filename=INV-1"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_browser_may_show_a_pdf_with_its_own_viewer(
    billing: FakeServices, browser: FlaskClient
) -> None:
    _answer(billing, GET_DOCUMENT_FILE, lambda _: file_of(b"bytes"))

    policy = browser.get(PDF).headers["Content-Security-Policy"]

    assert "object-src" not in policy
    assert "default-src" not in policy
    assert "frame-ancestors 'none'" in policy


def test_a_file_that_is_known_already_is_not_sent_again(
    billing: FakeServices, browser: FlaskClient
) -> None:
    _answer(billing, GET_DOCUMENT_FILE, lambda _: file_of(b"bytes"))
    tag = browser.get(PDF).headers["ETag"]

    again = browser.get(PDF, headers={"If-None-Match": tag})

    assert tag == f'"{sha256(b"bytes").hexdigest()}"'
    assert again.status_code == 304
    assert again.data == b""


@pytest.mark.parametrize("address", [PDF, ZIP, CSV])
def test_a_head_request_describes_a_file_without_sending_it(
    billing: FakeServices, browser: FlaskClient, address: str
) -> None:
    _answer(billing, GET_DOCUMENT_FILE, lambda _: file_of(b"bytes"))
    _answer(billing, LIST_DOCUMENTS, lambda _: page_of(paper()))
    _answer(billing, LIST_TRANSACTIONS, lambda _: _page(after=None))

    answer = browser.head(address)

    assert answer.status_code == 200
    assert answer.data == b""
    assert "filename=" in answer.headers["Content-Disposition"]
    assert answer.content_length != 0


@pytest.mark.parametrize(
    ("refusal", "status", "words"),
    [
        (Conflict("file_not_ready"), 503, "still creating this file"),
        (Unavailable("file_damaged"), 503, "damaged in storage"),
        (Unavailable("deadline_exceeded"), 503, "get an answer in time"),
        (NotFound("no_such_file"), 404, "a PDF only"),
        (NotFound("no_such_document"), 404, "This document does not exist"),
        (RemoteFault("a bug"), 500, "quote the ID below"),
    ],
)
def test_a_file_that_cannot_be_had_is_a_page_that_says_why(
    billing: FakeServices,
    browser: FlaskClient,
    refusal: Exception,
    status: int,
    words: str,
) -> None:
    _answer(billing, GET_DOCUMENT_FILE, lambda _: _raise(refusal))

    answer = browser.get(PDF)

    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert words in answer.text
    assert 'id="block-menu"' in answer.text
    assert (">Try again</a>" in answer.text) is (status == 503)


def test_a_file_being_made_says_when_to_ask_again(
    billing: FakeServices, browser: FlaskClient
) -> None:
    _answer(billing, GET_DOCUMENT_FILE, lambda _: _raise(Conflict("file_not_ready")))

    assert int(browser.get(PDF).headers["Retry-After"]) > 0


@pytest.mark.parametrize("name", ["nonsense.pdf", f"{DOCUMENT_ID}.exe", ".pdf"])
def test_no_other_name_is_a_file(browser: FlaskClient, name: str) -> None:
    assert browser.get(f"/companies/{OURS}/invoices/{name}").status_code == 404


def test_a_zip_holds_the_documents_of_all_pages_that_the_filters_leave(
    billing: FakeServices, browser: FlaskClient
) -> None:
    papers = [paper(f"INV-{number}") for number in range(3)]
    _list_in_pages(billing, [page_of(*papers[:2], after="1"), page_of(papers[2])])
    names = {it.id: it.number for it in papers}
    _answer(
        billing,
        GET_DOCUMENT_FILE,
        lambda asked: file_of(b"x", f"{names[asked.document_id]}.pdf"),
    )

    answer = browser.get(f"{ZIP}?type=invoice&from=2026-01-01&to=2026-03-31")

    archive = ZipFile(io.BytesIO(answer.data))
    assert archive.namelist() == ["INV-0.pdf", "INV-1.pdf", "INV-2.pdf"]
    assert answer.mimetype == "application/zip"
    name = "invoices-from-2026-01-01-to-2026-03-31.zip"
    assert answer.headers["Content-Disposition"] == f"attachment; filename={name}"
    asked = [it for _, _, it in billing.calls if isinstance(it, ListDocuments)]
    assert {(it.kind, str(it.first_day)) for it in asked} == {
        (paper().kind, "2026-01-01")
    }


def test_a_zip_names_in_words_what_is_missing(
    billing: FakeServices, browser: FlaskClient
) -> None:
    _answer(billing, LIST_DOCUMENTS, lambda _: page_of(paper("INV-9")))
    _answer(billing, GET_DOCUMENT_FILE, lambda _: _raise(Conflict("file_not_ready")))

    archive = ZipFile(io.BytesIO(browser.get(ZIP).data))

    assert archive.namelist() == ["MISSING.txt"]
    assert archive.read("MISSING.txt").startswith(b"INV-9: ")


def test_a_zip_of_nothing_is_a_page_that_says_so(
    billing: FakeServices, browser: FlaskClient
) -> None:
    _answer(billing, LIST_DOCUMENTS, lambda _: page_of())

    answer = browser.get(ZIP)

    assert answer.status_code == 404
    assert "no documents to put into a ZIP" in answer.text


def test_a_zip_that_breaks_off_is_broken_off_and_cannot_be_opened(
    billing: FakeServices, browser: FlaskClient
) -> None:
    papers = [paper("INV-1"), paper("INV-2")]
    _answer(billing, LIST_DOCUMENTS, lambda _: page_of(*papers))

    def fetch(asked: GetDocumentFile) -> Any:
        if asked.document_id == papers[1].id:
            raise Unavailable("service_unreachable")
        return file_of(b"x")

    _answer(billing, GET_DOCUMENT_FILE, fetch)

    written = _read_until(browser, ZIP, Unavailable)

    assert b"INV-2026-000001.pdf" in written
    with pytest.raises(BadZipFile):
        ZipFile(io.BytesIO(written))


def test_the_csv_holds_all_pages_that_the_filters_leave_in_words(
    billing: FakeServices, browser: FlaskClient
) -> None:
    pages = {None: _page("one", "=two", after="1"), "1": _page("three", after=None)}
    _answer(billing, LIST_TRANSACTIONS, lambda asked: pages[asked.cursor])

    answer = browser.get(f"{CSV}?type=top-ups&currency=EUR&to=2026-03-31&after=9")

    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert [row[2] for row in rows[1:]] == ["one", "'=two", "three"]
    assert {row[1] for row in rows[1:]} == {"Top-up"}
    assert answer.content_type == "text/csv; charset=utf-8; header=present"
    name = "transactions-to-2026-03-31.csv"
    assert answer.headers["Content-Disposition"] == f"attachment; filename={name}"
    asked = [it for _, _, it in billing.calls if isinstance(it, ListTransactions)]
    assert [(it.currency, it.cursor) for it in asked] == [("EUR", None), ("EUR", "1")]


def test_a_page_that_fails_in_the_middle_breaks_the_csv_off_visibly(
    billing: FakeServices, browser: FlaskClient
) -> None:
    def answer(asked: ListTransactions) -> TransactionPage:
        if asked.cursor:
            raise Unavailable("deadline_exceeded")
        return _page("one", after="1")

    _answer(billing, LIST_TRANSACTIONS, answer)

    written = _read_until(browser, CSV, Unavailable)

    assert written.decode("utf-8-sig").splitlines()[-1] == INCOMPLETE


@pytest.mark.parametrize("address", [ZIP, CSV])
@pytest.mark.parametrize(
    ("refusal", "status"), [(Unavailable("away"), 503), (InvalidInput("bad_day"), 422)]
)
def test_a_first_page_that_fails_is_a_page_that_says_so(
    billing: FakeServices,
    browser: FlaskClient,
    address: str,
    refusal: ContractError,
    status: int,
) -> None:
    refusal.parameters["value"] = "2026-13-01"
    for method in (LIST_DOCUMENTS, LIST_TRANSACTIONS):
        _answer(billing, method, lambda _: _raise(refusal))

    answer = browser.get(address)

    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert 'id="block-menu"' in answer.text


def test_a_download_longer_than_a_principal_lives_continues_with_another(
    billing: FakeServices, browser: FlaskClient
) -> None:
    def answer(asked: ListTransactions) -> TransactionPage:
        number = int(asked.cursor or 0)
        billing.clock.move(timedelta(minutes=4))
        return _page(str(number), after=str(number + 1) if number < 4 else None)

    _answer(billing, LIST_TRANSACTIONS, answer)

    rows = browser.get(CSV).data.splitlines()[1:]

    assert len(rows) == 5
    assert billing.sessions_resumed > 2


def test_the_transactions_page_leads_to_the_csv_of_what_it_shows(
    billing: FakeServices, browser: FlaskClient
) -> None:
    _answer(billing, LIST_TRANSACTIONS, lambda _: _page("one", after="1"))

    page = browser.get(f"/companies/{OURS}/transactions?type=top-ups&after=1").text

    assert f'href="{CSV}?type=top-ups"' in page


def _answer(
    billing: FakeServices, method: object, answer: Callable[[Any], Any]
) -> None:
    billing.answers[str(method)] = answer


def _list_in_pages(billing: FakeServices, pages: list[Any]) -> None:
    _answer(billing, LIST_DOCUMENTS, lambda asked: pages[int(asked.cursor or 0)])


def _raise(failure: Exception) -> None:
    raise failure


def _read_until(browser: FlaskClient, address: str, failure: type[Exception]) -> bytes:
    """What came of an answer before it broke off; then it is closed, as servers do."""
    answer = browser.get(address)
    assert answer.status_code == 200
    written: list[bytes] = []
    with closing(answer), pytest.raises(failure):
        written.extend(cast("Iterable[bytes]", answer.response))
    return b"".join(written)


def _page(*memos: str, after: str | None) -> TransactionPage:
    transactions = [
        Transaction(
            number=number,
            entry_id=uuid4(),
            at=AT,
            kind="top_up",
            note=own_words(memo),
            actor=UNNAMED,
            amount=money("10"),
            balance=money("10"),
        )
        for number, memo in enumerate(memos)
    ]
    return TransactionPage(
        transactions=transactions,
        currencies=["EUR"],
        previous=None,
        next=after,
        failed=[],
    )


def test_downloads_leave_room_for_pages_and_for_other_companies(
    billing: FakeServices, browser: FlaskClient
) -> None:
    is_under_way, may_go_on = Semaphore(0), Event()

    def slowly(request: Any) -> TransactionPage:
        if request.cursor is None:
            return _page(after="on")
        is_under_way.release()
        assert may_go_on.wait(10)
        return _page(after=None)

    def read(reader: FlaskClient) -> int:
        answer = reader.get(CSV)
        assert answer.data
        return answer.status_code

    _answer(billing, LIST_TRANSACTIONS, slowly)
    readers = [billing.browser() for _ in range(MOST_OF_ONE)]
    with ThreadPoolExecutor() as threads:
        statuses = threads.map(read, readers)
        for _ in readers:
            assert is_under_way.acquire(timeout=10)
        refused = browser.get(CSV)
        may_go_on.set()
        assert list(statuses) == [200] * MOST_OF_ONE

    assert refused.status_code == 429
    assert "other downloads in progress" in refused.text
    assert read(browser) == 200


def test_a_download_that_its_reader_breaks_off_is_over(
    billing: FakeServices, browser: FlaskClient
) -> None:
    _answer(billing, LIST_TRANSACTIONS, lambda _: _page(after="on"))

    for _ in range(MOST + 1):
        answer = browser.get(CSV)
        assert answer.status_code == 200
        next(answer.iter_encoded())
        answer.close()
