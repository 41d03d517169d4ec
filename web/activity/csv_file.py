"""A trail as CSV."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC

from shared.contracts.identity.activity import ActivityEntry, ActivityPage
from shared.text import guard_cell
from web.language.acts import act_words
from web.language.notes import actor_words
from web.page import csv_files

COLUMNS = (
    "Time (UTC)",
    "Who",
    "What",
    "Company",
    "Method",
    "Details",
    "Network",
    "Browser",
    "System",
    "Request",
)
"""The same in every language, for programs that read them."""


def write_csv(pages: Iterable[ActivityPage]) -> Iterator[bytes]:
    return csv_files.write_csv(
        COLUMNS, pages, lambda page: [_row(each) for each in page.entries]
    )


def _row(it: ActivityEntry) -> Sequence[str]:
    return (
        it.at.astimezone(UTC).isoformat(timespec="seconds"),
        guard_cell(actor_words(it.actor)),
        guard_cell(act_words(it)),
        str(it.company_id or ""),
        it.method,
        guard_cell("; ".join(f"{name}={it.recorded[name]}" for name in it.recorded)),
        it.network,
        it.browser,
        it.system,
        guard_cell(it.request_id),
    )
