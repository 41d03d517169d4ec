"""The list of documents as its address says it."""

from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from shared.contracts.billing.documents import DocumentKind, DocumentState
from shared.errors import InvalidInput
from web.documents.forms import DocumentFilters
from web.documents.queries import DocumentQuery

DAYS = st.tuples(st.dates(), st.dates()).map(sorted) | st.just([None, None])
QUERIES = st.builds(
    DocumentQuery,
    kind=st.none() | st.sampled_from(DocumentKind),
    state=st.none() | st.sampled_from(DocumentState),
    top_up_id=st.none() | st.uuids(),
    cursor=st.text(),
)


def read(app: Flask, **address: str) -> DocumentQuery:
    with app.test_request_context():
        return DocumentQuery.read(DocumentFilters(MultiDict(address)))


@given(QUERIES, DAYS)
def test_what_is_written_into_an_address_is_read_back(
    pieces_app: Flask, query: DocumentQuery, days: list[date | None]
) -> None:
    query = replace(query, first_day=days[0], last_day=days[1])
    written = {k: v for k, v in query.address(query.cursor).items() if v is not None}

    assert read(pieces_app, **written) == query


def test_an_empty_address_is_the_whole_list_from_its_start(pieces_app: Flask) -> None:
    query = read(pieces_app, **{"type": "", "state": "", "from": " ", "to": ""})

    assert query == DocumentQuery()
    assert not query.is_filtered


def test_days_in_the_wrong_order_mean_the_days_between_them(pieces_app: Flask) -> None:
    query = read(pieces_app, **{"from": "2026-03-31", "to": "2026-03-01"})

    assert (query.first_day, query.last_day) == (date(2026, 3, 1), date(2026, 3, 31))


@pytest.mark.parametrize("name", ["type", "state"])
def test_an_unknown_choice_is_refused(pieces_app: Flask, name: str) -> None:
    with pytest.raises(InvalidInput, match="unknown_choice"):
        read(pieces_app, **{name: "nonsense"})


def test_another_filter_starts_at_the_first_page(pieces_app: Flask) -> None:
    query = read(pieces_app, type="invoice", after="somewhere")

    assert query.narrowed(type="proforma")["after"] is None
    assert query.narrowed(type="proforma")["type"] == "proforma"
