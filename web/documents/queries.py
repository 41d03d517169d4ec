"""The query for the list of documents, and what is read for their ZIP."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Self
from uuid import UUID

import msgspec

from shared.contracts.billing.documents import (
    GET_DOCUMENT_FILE,
    LIST_DOCUMENTS,
    Document,
    DocumentFile,
    DocumentFormat,
    DocumentKind,
    DocumentPage,
    DocumentState,
    GetDocumentFile,
    ListDocuments,
)
from web.documents.forms import DocumentFilters
from web.page.downloads import all_pages
from web.page.values import read_choice, read_uuid, write_days
from web.page.visit import Visit

PAGE_SIZE = 25


@dataclass(frozen=True)
class DocumentQuery:
    """Filters of a list and the position in it, as the address has them.

    ``first_day`` and ``last_day`` are days of issue, both included.
    """

    kind: DocumentKind | None = None
    state: DocumentState | None = None
    first_day: date | None = None
    last_day: date | None = None
    top_up_id: UUID | None = None
    cursor: str = ""

    @classmethod
    def read(cls, form: DocumentFilters) -> Self:
        """Read the filters of an address; empty ones count as absent.

        Raises:
            InvalidInput: ``unknown_choice``.
            NotFound: ``no_such_page``; the top-up is not an id.
        """
        kind, state, top_up = form.type.data, form.state.data, form.top_up.data
        first, last = form.days()
        return cls(
            kind=read_choice(kind, DocumentKind, "type") if kind else None,
            state=read_choice(state, DocumentState, "state") if state else None,
            first_day=first,
            last_day=last,
            top_up_id=read_uuid(top_up) if top_up else None,
            cursor=form.after.data,
        )

    def request(self, limit: int = PAGE_SIZE) -> ListDocuments:
        return ListDocuments(
            kind=self.kind,
            state=self.state,
            first_day=self.first_day,
            last_day=self.last_day,
            top_up_id=self.top_up_id,
            cursor=self.cursor or None,
            limit=limit,
        )

    def address(self, cursor: str = "") -> dict[str, str | None]:
        """Return the parameters of its address, at the start or at a cursor."""
        return {
            "type": self.kind.value if self.kind else None,
            "state": self.state.value if self.state else None,
            **write_days(self.first_day, self.last_day),
            "top-up": str(self.top_up_id) if self.top_up_id else None,
            "after": cursor or None,
        }

    def narrowed(self, **change: str | None) -> dict[str, str | None]:
        """Return the parameters of the same list with other filters, from its start."""
        return {**self.address(), **change}

    @property
    def is_filtered(self) -> bool:
        return any(self.address().values())


def list_all(
    visit: Visit, asked: ListDocuments, first: DocumentPage
) -> Iterator[Document]:
    """Yield all documents of a list whose first page is ``first``."""
    pages = all_pages(
        first,
        lambda cursor: visit.fetch(
            LIST_DOCUMENTS, msgspec.structs.replace(asked, cursor=cursor)
        ),
    )
    for page in pages:
        yield from page.documents


def fetch_pdf(visit: Visit, document: Document) -> DocumentFile:
    wanted = GetDocumentFile(document_id=document.id, format=DocumentFormat.PDF)
    return visit.fetch(GET_DOCUMENT_FILE, wanted)
