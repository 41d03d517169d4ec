"""What a document's page shows around the document itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from flask_babel import gettext as _
from flask_babel.speaklater import LazyString

from shared.contracts.billing.documents import (
    DocumentKind,
    DocumentReference,
    DocumentState,
    WholeDocument,
)
from shared.money import Money
from web.documents.paying import is_payable, top_up_address
from web.language.locale import sentence_locale
from web.language.words import words_for


@dataclass(frozen=True)
class Related:
    """Documents that belong to the one that is shown."""

    label: str | LazyString
    documents: Sequence[DocumentReference]


@dataclass(frozen=True)
class DocumentView:
    """``language`` names the document's, where the page has another one.

    ``payment`` is the address where the reader can pay it, or empty. ``is_ended`` is
    a proforma that can no longer be paid. ``has_xml`` is an invoice's or a credit
    note's, once its files are made. ``credited`` is the sum of its credit notes.
    """

    title: str
    language: str
    payment: str
    top_up: str
    is_open: bool
    is_ended: bool
    has_transactions: bool
    has_xml: bool
    credited: Money | None
    related: Sequence[Related]

    @classmethod
    def of(cls, company_id: UUID, whole: WholeDocument, *, may_pay: bool) -> Self:
        document = whole.document
        is_proforma = document.kind is DocumentKind.PROFORMA
        is_open = is_payable(document)
        top_up = top_up_address(company_id, document)
        return cls(
            title=_title(document.kind, document.number),
            language=_language(whole.sheet.language),
            payment=top_up if is_open and may_pay else "",
            top_up=top_up,
            is_open=is_open,
            is_ended=is_proforma and document.state is DocumentState.ENDED,
            has_transactions=not is_proforma or document.state is DocumentState.PAID,
            has_xml=document.is_ready and not is_proforma,
            credited=document.credited if document.credited.amount else None,
            related=_related(whole),
        )


def _title(kind: DocumentKind, number: str) -> str:
    if kind is DocumentKind.PROFORMA:
        return _("Proforma %(number)s", number=number)
    if kind is DocumentKind.CREDIT_NOTE:
        return _("Credit note %(number)s", number=number)
    return _("Invoice %(number)s", number=number)


def _language(code: str) -> str:
    """Name a language in the page's; empty where it is the page's."""
    page = sentence_locale()
    return "" if code == page.language else str(page.languages.get(code, code))


def _related(whole: WholeDocument) -> list[Related]:
    found = [_corrects(whole), _belongs_to(whole), *_corrected_by(whole)]
    return [each for each in found if each.documents]


def _corrects(whole: WholeDocument) -> Related:
    corrected = whole.document.corrects
    is_credit = whole.document.kind is DocumentKind.CREDIT_NOTE
    label = _("Corrects") if is_credit else _("Replaces")
    return Related(label, [corrected] if corrected else [])


def _belongs_to(whole: WholeDocument) -> Related:
    if whole.document.kind is DocumentKind.PROFORMA:
        return Related(words_for("documents")["invoice"], whole.belongs_to)
    return Related(words_for("document")["proforma"], whole.belongs_to)


def _corrected_by(whole: WholeDocument) -> list[Related]:
    notes = [
        each for each in whole.corrected_by if each.kind is DocumentKind.CREDIT_NOTE
    ]
    others = [each for each in whole.corrected_by if each not in notes]
    return [
        Related(words_for("documents")["credit-note"], notes),
        Related(_("Replaced by"), others),
    ]
