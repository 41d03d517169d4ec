"""Transactions as CSV."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC

from flask_babel import gettext

from shared.contracts.billing.transactions import Transaction, TransactionPage
from shared.text import guard_cell
from web.language.notes import note_words
from web.page import csv_files

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


def write_csv(
    pages: Iterable[TransactionPage], words: Mapping[str, object]
) -> Iterator[bytes]:
    """Write pages of transactions; ``words`` name their kinds."""
    return csv_files.write_csv(
        COLUMNS, pages, lambda page: [_row(it, words) for it in page.transactions]
    )


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
