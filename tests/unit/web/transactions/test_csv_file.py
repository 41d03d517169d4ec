"""Transactions as CSV: all of it, readable by machines, harmless in a sheet."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from shared.contracts.actors import UNNAMED
from shared.contracts.billing.transactions import Transaction, TransactionPage
from shared.contracts.notes import own_words
from shared.errors import Unavailable
from shared.money import Money, currency_of
from shared.text import guard_cell
from tests.fixtures.documents import paper, reference_to
from web.page.csv_files import INCOMPLETE
from web.transactions.csv_file import COLUMNS, write_csv

AT = datetime(2026, 3, 2, 9, 0, 5, tzinfo=UTC)
ENTRY, TOP_UP = uuid4(), uuid4()
WORDS = {"top_up": "Top-up"}
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")


def test_a_row_says_what_when_how_much_and_of_what() -> None:
    it = structs.replace(
        _transaction(memo="TU-1", amount="-12.500000"),
        top_up_id=TOP_UP,
        top_up_reference="TU-4F7K-2M9Q-8RTW",
        document=reference_to(paper(number="INV-1")),
        is_possible_duplicate=True,
    )

    header, row = _read(write_csv([_page(it)], WORDS))

    assert tuple(header) == COLUMNS
    assert row == [
        "2026-03-02T09:00:05+00:00",
        "Top-up",
        "TU-1",
        "-12.500000",
        "EUR",
        "100.25",
        str(TOP_UP),
        str(ENTRY),
        "TU-4F7K-2M9Q-8RTW",
        "INV-1",
        "Possible duplicate",
    ]


def test_a_refunded_duplicate_is_marked_as_such() -> None:
    it = structs.replace(_transaction(), is_possible_duplicate=True, is_given_back=True)

    _, row = _read(write_csv([_page(it)], WORDS))

    assert row[-1] == "Duplicate, refunded"


def test_it_begins_with_a_byte_order_mark_and_its_lines_end_as_the_rfc_says() -> None:
    written = b"".join(write_csv([_page(_transaction())], WORDS))

    assert written.startswith(b"\xef\xbb\xbfTime (UTC),")
    assert written.endswith(b"\r\n")
    assert written.count(b"\r\n") == 2


@given(st.text())
def test_no_memo_is_a_formula_and_none_is_lost(memo: str) -> None:
    row = _read(write_csv([_page(_transaction(memo=memo))], WORDS))[1]

    assert not row[2].startswith(FORMULAS)
    assert row[2] == guard_cell(memo)
    assert row[2].replace("'", "") == memo.replace("'", "")


@pytest.mark.parametrize("sign", FORMULAS)
@given(rest=st.text())
def test_a_cell_that_would_be_a_formula_is_marked_as_text(sign: str, rest: str) -> None:
    assert guard_cell(sign + rest).startswith(f"'{sign}")
    # Where semicolons part cells, this is one.
    assert f";'{sign}" in guard_cell(f"a;{sign}{rest}")


@pytest.mark.parametrize("memo", ["", "web-01", "'=1", "a=b", "1-2", 'Ünïcode, "x"'])
def test_other_text_stays_as_it_is(memo: str) -> None:
    assert guard_cell(memo) == memo


def test_a_page_is_written_before_the_next_is_asked_for() -> None:
    asked: list[int] = []

    def pages() -> Iterator[TransactionPage]:
        for number in range(3):
            asked.append(number)
            yield _page(_transaction())

    pieces = write_csv(pages(), WORDS)
    next(pieces)
    assert asked == []
    next(pieces)
    assert asked == [0]


def test_a_list_that_breaks_off_says_so_in_its_last_line() -> None:
    def pages() -> Iterator[TransactionPage]:
        yield _page(_transaction())
        raise Unavailable("deadline_exceeded")

    written: list[bytes] = []
    with pytest.raises(Unavailable):
        written.extend(write_csv(pages(), WORDS))

    assert _read(written)[-1] == [INCOMPLETE]


def _transaction(memo: str = "", amount: str = "1") -> Transaction:
    euro = currency_of("EUR")
    return Transaction(
        number=1,
        entry_id=ENTRY,
        at=AT,
        kind="top_up",
        note=own_words(memo),
        actor=UNNAMED,
        amount=Money(Decimal(amount), euro),
        balance=Money(Decimal("100.25"), euro),
    )


def _page(*transactions: Transaction) -> TransactionPage:
    return TransactionPage(
        transactions=list(transactions),
        currencies=["EUR"],
        previous=None,
        next=None,
        failed=[],
    )


def _read(pieces: Iterable[bytes]) -> list[list[str]]:
    text = b"".join(pieces).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))
