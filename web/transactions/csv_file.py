"""Transactions as CSV (RFC 4180), made piece by piece, safe to open as a sheet."""

import csv
import io
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC

from flask_babel import gettext

from shared.contracts.billing.transactions import Transaction, TransactionPage
from shared.language.translation import mark
from shared.text import guard_cell
from web.language.notes import note_words

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"
COLUMNS = (
    "Time (UTC)",
    "What",
    "Memo",
    "Amount",
    "Currency",
    "Balance",
    "Top-up",
    "Entry",
    "Top-up reference",
    "Document",
    "Remark",
)
"""The same in every language, for programs that read them."""

INCOMPLETE = mark("INCOMPLETE: some rows are missing. Download this list again.")


def write_csv(
    pages: Iterable[TransactionPage], words: Mapping[str, object]
) -> Iterator[bytes]:
    """Write pages of transactions, holding no more than one; ``words`` name kinds.

    It begins with a byte order mark, without which Excel reads no UTF-8. If a page
    fails, the last line says that some are missing and the failure is raised: not every
    server lets the reader see that an answer was incomplete.
    """
    yield BOM_UTF8 + _lines([COLUMNS])
    try:
        for page in pages:
            yield _lines(_row(each, words) for each in page.transactions)
    except Exception:
        yield _lines([[gettext(INCOMPLETE)]])
        raise


def _row(it: Transaction, words: Mapping[str, object]) -> Sequence[str]:
    return (
        it.at.astimezone(UTC).isoformat(timespec="seconds"),
        guard_cell(str(words.get(it.kind, it.kind))),
        guard_cell(note_words(it.note)),
        f"{it.amount.amount:f}",
        it.amount.currency.code,
        f"{it.balance.amount:f}",
        str(it.top_up_id or ""),
        str(it.entry_id),
        it.top_up_reference or "",
        it.document.number if it.document else "",
        _remark(it),
    )


def _remark(it: Transaction) -> str:
    if it.is_given_back:
        return gettext("Duplicate, refunded")
    return gettext("Possible duplicate") if it.is_possible_duplicate else ""


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
