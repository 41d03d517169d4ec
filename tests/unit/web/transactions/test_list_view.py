"""Where the rows of transactions lead, and which filters the page offers."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask
from msgspec.structs import replace
from werkzeug.datastructures import MultiDict

from shared.contracts.billing.transactions import TransactionPage
from tests.fixtures.fake_services import OURS
from tests.unit.web.transactions.test_page import transaction
from web.transactions.forms import TransactionFilters
from web.transactions.list_view import TransactionListView
from web.transactions.queries import TransactionQuery

HERE = f"/companies/{OURS}/transactions"
TOP_UP, ENTRY = UUID(int=1), UUID(int=2)


@pytest.fixture(autouse=True)
def in_a_request(pieces_app: Flask) -> Iterator[None]:
    with pieces_app.test_request_context():
        yield


def page(*rows: object, currencies: tuple[str, ...] = ("EUR",)) -> TransactionPage:
    return TransactionPage(
        transactions=list(rows),  # type: ignore[arg-type]
        currencies=list(currencies),
        previous=None,
        next=None,
        failed=[],
    )


@pytest.mark.parametrize(
    ("kind", "top_up", "href"),
    [
        ("top_up", TOP_UP, f"/funds/top-ups/{TOP_UP}?company={OURS}"),
        ("charge", None, f"{HERE}/{ENTRY}"),
        ("proration", None, f"{HERE}/{ENTRY}"),
        ("unused_time", None, f"{HERE}/{ENTRY}"),
        ("goodwill", None, None),
        ("of-a-later-version", None, None),
    ],
)
def test_a_row_leads_to_what_it_is_about(
    kind: str, top_up: UUID | None, href: str | None
) -> None:
    it = replace(transaction(1), kind=kind, top_up_id=top_up, entry_id=ENTRY)

    rows = TransactionListView.of(OURS, TransactionQuery(), page(it)).rows

    assert rows
    assert rows[0].href == href


@pytest.mark.parametrize(
    ("marks", "mark"),
    [((False, False), None), ((True, False), "duplicate"), ((True, True), "refunded")],
)
def test_a_row_has_one_mark(marks: tuple[bool, bool], mark: str | None) -> None:
    possible, given_back = marks
    it = transaction(1, is_possible_duplicate=possible, is_given_back=given_back)

    rows = TransactionListView.of(OURS, TransactionQuery(), page(it)).rows

    assert rows
    assert rows[0].mark == mark


def test_wallets_are_offered_where_there_is_a_choice() -> None:
    one, two = page(), page(currencies=("EUR", "USD"))
    dollars = TransactionQuery(currency="USD")

    assert TransactionListView.of(OURS, TransactionQuery(), one).wallets == []
    assert TransactionListView.of(OURS, TransactionQuery(), None).wallets == []
    chips = TransactionListView.of(OURS, dollars, two).wallets
    assert [chip.current for chip in chips] == [False, False, True]
    assert chips[1].href == f"{HERE}?currency=EUR"


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ({}, 0),
        ({"type": "charges", "q": "a"}, 0),
        ({"from": "2026-01-01", "to": "2026-02-01"}, 1),
        ({"to": "2026-02-01", "currency": "EUR"}, 2),
    ],
)
def test_filters_in_use_behind_the_button_are_counted(
    address: dict[str, str], number: int
) -> None:
    query = TransactionQuery.read(TransactionFilters(MultiDict(address)))

    view = TransactionListView.of(OURS, query, page())

    assert view.behind_filter == number
    assert (view.any_day is None) == ("to" not in address)
