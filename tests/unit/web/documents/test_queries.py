"""The list of documents as its address says it."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.billing.documents import DocumentKind, DocumentState
from shared.errors import InvalidInput
from web.documents.queries import DocumentQuery

DAYS = st.tuples(st.dates(), st.dates()).map(sorted) | st.just([None, None])
QUERIES = st.builds(
    DocumentQuery,
    kind=st.none() | st.sampled_from(DocumentKind),
    state=st.none() | st.sampled_from(DocumentState),
    top_up_id=st.none() | st.uuids(),
    cursor=st.text(),
)


@given(QUERIES, DAYS)
def test_what_is_written_into_an_address_is_read_back(
    query: DocumentQuery, days: list[date | None]
) -> None:
    query = replace(query, first_day=days[0], last_day=days[1])
    written = {k: v for k, v in query.address(query.cursor).items() if v is not None}

    assert DocumentQuery.read(written) == query


def test_an_empty_address_is_the_whole_list_from_its_start() -> None:
    query = DocumentQuery.read({"type": "", "state": "", "from": " ", "to": ""})

    assert query == DocumentQuery()
    assert not query.is_filtered


def test_days_in_the_wrong_order_mean_the_days_between_them() -> None:
    query = DocumentQuery.read({"from": "2026-03-31", "to": "2026-03-01"})

    assert (query.first_day, query.last_day) == (date(2026, 3, 1), date(2026, 3, 31))


@pytest.mark.parametrize(
    ("name", "code"),
    [("type", "unknown_choice"), ("state", "unknown_choice"), ("from", "bad_day")],
)
def test_what_means_nothing_is_refused(name: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        DocumentQuery.read({name: "nonsense"})

    assert refusal.value.code == code


def test_another_filter_begins_the_list_anew() -> None:
    query = DocumentQuery.read({"type": "invoice", "after": "somewhere"})

    assert query.narrowed(type="proforma")["after"] is None
    assert query.narrowed(type="proforma")["type"] == "proforma"
