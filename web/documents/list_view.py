"""What the list of documents shows: its filters, and what each row is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from shared.contracts.billing.documents import (
    Document,
    DocumentKind,
    DocumentReference,
    DocumentState,
)
from shared.money import Money
from web.documents.paying import is_payable, top_up_address
from web.documents.queries import DocumentQuery
from web.language.words import words_for
from web.page.chips import Chip
from web.page.values import NO_DAYS

_LIST = "documents.list_documents"


@dataclass(frozen=True)
class DocumentRow:
    """A document, and the one thing that is special about it, if any.

    ``due_on`` is set of a proforma that can be paid, ``credited`` of an invoice that
    was credited in part, and ``credits`` or ``replaces`` is what it corrects.
    ``payment`` is the address where the reader can pay it, or empty.
    """

    document: Document
    due_on: date | None
    credited: Money | None
    credits: DocumentReference | None
    replaces: DocumentReference | None
    payment: str

    @classmethod
    def of(cls, company_id: UUID, document: Document, *, may_pay: bool) -> Self:
        is_open = is_payable(document)
        pays = is_open and may_pay
        is_partial = bool(document.credited.amount) and (
            document.state is not DocumentState.CREDITED
        )
        is_credit = document.kind is DocumentKind.CREDIT_NOTE
        return cls(
            document=document,
            due_on=document.due_on if is_open else None,
            credited=document.credited if is_partial else None,
            credits=document.corrects if is_credit else None,
            replaces=None if is_credit else document.corrects,
            payment=top_up_address(company_id, document) if pays else "",
        )


@dataclass(frozen=True)
class DocumentListView:
    """``any_day`` is the list's address without the days, None where it has none.

    ``behind_filter`` counts the filters in use that are behind a button.
    """

    types: Sequence[Chip]
    states: Sequence[Chip]
    rows: Sequence[DocumentRow]
    behind_filter: int
    any_day: str | None

    @classmethod
    def of(
        cls,
        company_id: UUID,
        query: DocumentQuery,
        documents: Sequence[Document],
        *,
        may_pay: bool,
    ) -> Self:
        has_days = bool(query.first_day or query.last_day)
        without_days = _href(company_id, query.narrowed(**NO_DAYS))
        return cls(
            types=_types(company_id, query),
            states=_states(company_id, query),
            rows=[
                DocumentRow.of(company_id, each, may_pay=may_pay) for each in documents
            ],
            behind_filter=has_days + (query.state is not None),
            any_day=without_days if has_days else None,
        )


def _types(company_id: UUID, query: DocumentQuery) -> list[Chip]:
    words = words_for("documents")
    everything = _href(company_id, query.narrowed(type=None))
    return [Chip(_("All"), everything, query.kind is None)] + [
        Chip(
            words[kind.value],
            _href(company_id, query.narrowed(type=kind.value)),
            query.kind is kind,
        )
        for kind in (
            DocumentKind.INVOICE,
            DocumentKind.CREDIT_NOTE,
            DocumentKind.PROFORMA,
        )
    ]


def _states(company_id: UUID, query: DocumentQuery) -> list[Chip]:
    words = words_for("document state")
    everything = _href(company_id, query.narrowed(state=None))
    return [Chip(_("Any state"), everything, query.state is None)] + [
        Chip(
            words[state.value],
            _href(company_id, query.narrowed(state=state.value)),
            query.state is state,
        )
        for state in DocumentState
    ]


def _href(company_id: UUID, address: Mapping[str, str | None]) -> str:
    return url_for(_LIST, company_id=company_id, **address)  # type: ignore[arg-type]
