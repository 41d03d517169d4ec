"""What the pages of documents decide, before any template."""

import pytest
from flask import Flask
from msgspec.structs import replace

from services.billing.documents.rendering.sheet import lay_out
from shared.contracts.billing.documents import (
    Document,
    DocumentKind,
    DocumentState,
)
from tests.fixtures.documents import money, paper, reference_to, whole
from tests.fixtures.fake_services import OURS
from web.documents.document_view import DocumentView
from web.documents.forms import DocumentFilters
from web.documents.list_view import DocumentListView, DocumentRow
from web.documents.queries import DocumentQuery

PROFORMA, INVOICE, NOTE = DocumentKind
OPEN, PAID = DocumentState.OPEN, DocumentState.PAID


def _row(app: Flask, document: Document, *, may_pay: bool = True) -> DocumentRow:
    with app.test_request_context("/"):
        return DocumentRow.of(OURS, document, may_pay=may_pay)


@pytest.mark.parametrize(
    ("kind", "state", "may_pay", "is_due", "pays"),
    [
        (PROFORMA, OPEN, True, True, True),
        (PROFORMA, OPEN, False, True, False),
        (PROFORMA, PAID, True, False, False),
        (PROFORMA, DocumentState.ENDED, True, False, False),
        (INVOICE, PAID, True, False, False),
    ],
)
def test_an_open_proforma_is_due_and_can_be_paid_by_some(
    answered_app: Flask,
    kind: DocumentKind,
    state: DocumentState,
    *,
    may_pay: bool,
    is_due: bool,
    pays: bool,
) -> None:
    document = paper("D-1", kind, state)

    row = _row(answered_app, document, may_pay=may_pay)
    with answered_app.test_request_context("/"):
        view = DocumentView.of(OURS, whole(document), may_pay=may_pay)

    assert (row.due_on is not None) is is_due
    assert bool(row.payment) is pays
    assert (view.is_open, bool(view.payment)) == (is_due, pays)
    assert view.is_ended is (state is DocumentState.ENDED)


def test_a_row_says_what_was_credited_unless_its_state_does(
    answered_app: Flask,
) -> None:
    in_part = paper(credited="20.00")
    in_full = paper(credited="119.00", state=DocumentState.CREDITED)

    assert _row(answered_app, in_part).credited == money("20.00")
    assert _row(answered_app, in_full).credited is None
    assert _row(answered_app, paper()).credited is None


def test_a_credit_note_credits_and_a_new_invoice_replaces(answered_app: Flask) -> None:
    first = reference_to(paper("INV-1"))
    note = _row(answered_app, paper("CN-1", NOTE, corrects=first))
    invoice = _row(answered_app, paper("INV-2", corrects=first))

    assert (note.credits, note.replaces) == (first, None)
    assert (invoice.credits, invoice.replaces) == (None, first)


def test_filters_behind_the_button_are_counted(answered_app: Flask) -> None:
    address = "/?type=invoice&state=paid&to=2026-01-01"
    with answered_app.test_request_context(address):
        query = DocumentQuery.read(DocumentFilters())
        view = DocumentListView.of(OURS, query, (), may_pay=True)
        (kind,) = [str(chip.label) for chip in view.types if chip.current]
        (state,) = [str(chip.label) for chip in view.states if chip.current]

    assert (kind, state) == ("Invoices", "Paid")
    assert view.behind_filter == 2
    assert view.any_day is not None
    assert view.any_day.endswith("?type=invoice&state=paid")


def test_the_language_is_named_where_the_page_has_another(answered_app: Flask) -> None:
    english = whole(paper())
    content = replace(english.content, language="pl")
    polish = replace(english, content=content, sheet=lay_out(content))
    with answered_app.test_request_context("/"):
        named = [
            DocumentView.of(OURS, each, may_pay=False).language
            for each in (english, polish)
        ]

    assert named == ["", "Polish"]
