"""The service list's filters and columns, before what inventory counts."""

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from shared.contracts.inventory.reading import DashboardCounters, FamilyCounters
from web.services.forms import ServiceFilters
from web.services.list_view import ServiceListView
from web.services.queries import ServiceQuery


@pytest.fixture(autouse=True)
def in_a_request(pieces_app: Flask) -> Iterator[None]:
    with pieces_app.test_request_context():
        yield


def family(code: str, active: int) -> FamilyCounters:
    return FamilyCounters(
        code=code,
        name=code.upper(),
        icon="box",
        position=1,
        pending=1,
        active=active,
        suspended=0,
        termination_requested=2,
    )


def read(address: dict[str, str]) -> ServiceQuery:
    return ServiceQuery.read(ServiceFilters(MultiDict(address)))


COUNTERS = DashboardCounters(families=[family("lxc", 4), family("vpn", 6)])


@pytest.mark.parametrize(
    ("address", "current", "counts"),
    [
        ({}, "All", [12, 10, 0, 4, 2, None]),
        ({"state": "active"}, "Active", [12, 10, 0, 4, 2, None]),
        ({"family": "vpn"}, "All", [7, 6, 0, 2, 1, None]),
        ({"family": "gone"}, "All", [None] * 6),
        ({"q": "web"}, "All", [None] * 6),
        ({"reason": "payment"}, "All", [None] * 6),
    ],
)
def test_states_have_the_counts_that_are_known(
    address: dict[str, str], current: str, counts: list[int | None]
) -> None:
    states = ServiceListView.of(read(address), COUNTERS).states

    assert [chip.count for chip in states] == counts
    assert [str(chip.label) for chip in states if chip.current] == [current]


def test_a_chip_changes_its_own_filter_and_begins_at_the_first_page() -> None:
    query = read({"state": "active", "q": "a", "after": "x"})

    view = ServiceListView.of(query, COUNTERS)

    assert view.states[2].href == "/services?state=suspended&q=a"
    assert view.families[2].href == "/services?state=active&family=vpn&q=a"
    assert [family.current for family in view.families] == [True, False, False]


def test_one_family_is_not_a_choice_unless_it_is_chosen() -> None:
    one = DashboardCounters(families=COUNTERS.families[:1])

    assert ServiceListView.of(ServiceQuery(), one).families == []
    assert len(ServiceListView.of(ServiceQuery(family="lxc"), one).families) == 2
    assert ServiceListView.of(ServiceQuery(family="lxc"), one).title == "LXC"
    assert ServiceListView.of(ServiceQuery(family="lxc"), None).title == "lxc"


@pytest.mark.parametrize(
    ("address", "ways"),
    [
        ({}, ["ascending", None, None, None, None]),
        ({"sort": "price", "order": "desc"}, [None] * 4 + ["descending"]),
    ],
)
def test_one_column_says_how_the_list_is_sorted(
    address: dict[str, str], ways: list[str | None]
) -> None:
    columns = ServiceListView.of(read(address), COUNTERS).columns

    assert [column.sorted for column in columns] == ways
    assert columns[1].href is None


def test_what_else_narrows_the_list_is_named() -> None:
    address = {"period": "hour", "currency": "EUR", "reason": "payment"}

    others = ServiceListView.of(read(address), COUNTERS).others

    assert others == ["per hour", "EUR", "suspended for payment"]
