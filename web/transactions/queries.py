"""The query for transactions, and what is read for their file and pages."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Self
from uuid import UUID

import msgspec

from shared.contracts import billing, inventory
from shared.contracts.billing.transactions import (
    LIST_TRANSACTIONS,
    ListTransactions,
    TransactionGroup,
    TransactionPage,
)
from web.language.notes import words_to_search
from web.page import downloads
from web.page.page import Page, errors_in_frame
from web.page.values import read_choice, write_days
from web.page.visit import Visit, prepare_reader
from web.transactions.forms import TransactionFilters

PAGE_SIZE = 25


@dataclass(frozen=True)
class TransactionQuery:
    """The list's filters and page, read from its address and written to it.

    ``first_day`` and ``last_day`` are the company's days, both included.
    """

    currency: str = ""
    group: TransactionGroup | None = None
    first_day: date | None = None
    last_day: date | None = None
    search: str = ""
    cursor: str = ""

    @classmethod
    def read(cls, form: TransactionFilters) -> Self:
        """Read the filters of an address; empty ones count as absent.

        Raises:
            InvalidInput: ``unknown_choice``.
        """
        group = form.type.data
        first, last = form.days()
        return cls(
            currency=form.currency.data[:3],
            group=read_choice(group, TransactionGroup, "type") if group else None,
            first_day=first,
            last_day=last,
            search=form.search.data,
            cursor=form.after.data,
        )

    def request(self, limit: int = PAGE_SIZE) -> ListTransactions:
        return ListTransactions(
            currency=self.currency or None,
            group=self.group,
            first_day=self.first_day,
            last_day=self.last_day,
            search=self.search,
            note_words=words_to_search() if self.search else {},
            cursor=self.cursor or None,
            limit=limit,
        )

    def address(self, cursor: str = "") -> dict[str, str | None]:
        """Return the parameters of its address, at the start or at a cursor."""
        return {
            "currency": self.currency or None,
            "type": self.group.value if self.group else None,
            **write_days(self.first_day, self.last_day),
            "q": self.search or None,
            "after": cursor or None,
        }

    def narrowed(self, **change: str | None) -> dict[str, str | None]:
        """Return the parameters of the first page with other filters."""
        return {**self.address(), **change}

    @property
    def is_filtered(self) -> bool:
        return bool(self.search) or self.is_narrowed

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the search narrows the list."""
        return any((self.currency, self.group, self.first_day, self.last_day))


def list_all(visit: Visit, query: TransactionQuery) -> Iterator[TransactionPage]:
    """The list from its start; the first page is there when this returns."""
    if query.search:
        with errors_in_frame():
            visit.check_session()
            prepare_reader(visit)  # notes are found by the words that the reader sees
    asked = replace(query, cursor="").request(downloads.PAGE_SIZE)
    first = downloads.first_answer(visit, LIST_TRANSACTIONS, asked)
    return downloads.all_pages(
        first,
        lambda cursor: visit.fetch(
            LIST_TRANSACTIONS, msgspec.structs.replace(asked, cursor=cursor)
        ),
    )


def ask_for_lines(page: Page, entry_id: UUID, cursor: str | None) -> None:
    """Ask for a transaction's lines, and for their services' names.

    Billing knows services by their ids only.
    """
    asked = billing.charging.ListCharges(
        entry_id=entry_id, cursor=cursor, limit=PAGE_SIZE
    )
    page.ask("lines", billing.charging.LIST_CHARGES, asked)
    lines: billing.charging.ChargePage | None = page.answer("lines")
    if lines is None or not lines.charges:
        return
    ids = sorted({line.service_id for line in lines.charges})
    page.ask(
        "names",
        inventory.reading.NAME_SERVICES,
        inventory.reading.NameServices(service_ids=ids),
        optional=True,
    )
