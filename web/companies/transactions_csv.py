"""Transactions as CSV (RFC 4180), made piece by piece, safe to open as a sheet."""

import csv
import io
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC

from shared.contracts.billing.transactions import Transaction, TransactionPage

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
)
INCOMPLETE = "INCOMPLETE: not everything could be read. Download this list again."

# https://owasp.org/www-community/attacks/CSV_Injection. Where a sheet takes semicolons
# for the end of a cell, what follows one begins a cell, too.
_BEGINS_FORMULA = re.compile(r"(\A|;)(?=[=+\-@\t\r\n])")


def write_csv(
    pages: Iterable[TransactionPage], words: Mapping[str, str]
) -> Iterator[bytes]:
    """Write pages of transactions, holding no more than one; ``words`` name kinds.

    It begins with a byte order mark, without which Excel reads no UTF-8. Should a page
    fail, the last line says that some are missing and the failure goes on: not every
    server lets the reader see that an answer was broken off.
    """
    yield BOM_UTF8 + _lines([COLUMNS])
    try:
        for page in pages:
            yield _lines(_row(each, words) for each in page.transactions)
    except Exception:
        yield _lines([[INCOMPLETE]])
        raise


def guard(text: str) -> str:
    """Text that no sheet takes for a formula."""
    return _BEGINS_FORMULA.sub(r"\1'", text)


def _row(it: Transaction, words: Mapping[str, str]) -> Sequence[str]:
    return (
        it.at.astimezone(UTC).isoformat(timespec="seconds"),
        guard(words.get(it.kind, it.kind)),
        guard(it.memo),
        f"{it.amount.amount:f}",
        it.amount.currency.code,
        f"{it.balance.amount:f}",
        str(it.top_up_id or ""),
        str(it.entry_id),
    )


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
