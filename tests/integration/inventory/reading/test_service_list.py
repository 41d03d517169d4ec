"""The service list: filters, sorting, and pages that neither skip nor repeat."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts import inventory
from shared.contracts.inventory.reading import (
    ListServices,
    ServicePage,
    ServiceSort,
    StateFilter,
)
from shared.contracts.inventory.services import (
    Period,
    Service,
    ServiceState,
    SuspensionReason,
)
from shared.db.paging import decode_cursor, encode_cursor
from shared.errors import ContractError, InvalidInput
from tests.fixtures.inventory.harness import (
    COMPANY,
    START,
    STRANGER,
    InventoryHarness,
    catalog_row,
    service_row,
)
from tests.fixtures.properties import over_database

YEARLY = {"hour": Decimal(8760), "month": Decimal(12), "once": Decimal(1)}
LIVE = ("pending", "active", "suspended")
RANKS = [*LIVE, "terminated"]

some_services = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.text("aAbäß🚀 日", min_size=1, max_size=3).filter(str.strip),
            "plan_code": st.sampled_from(["lxc-s", "web-pro"]),
            "state": st.sampled_from(RANKS),
            "price": st.sampled_from(["0", "0.5", "12", "0.000000000001"]),
            "period": st.sampled_from(sorted(YEARLY)),
            "currency": st.sampled_from(["EUR", "PLN"]),
            "marked": st.booleans(),
        }
    ),
    max_size=12,
)
some_lists = st.builds(
    ListServices,
    state=st.none() | st.sampled_from(StateFilter),
    family=st.none() | st.sampled_from(["lxc", "hosting"]),
    sort=st.sampled_from(ServiceSort),
    descending=st.booleans(),
    limit=st.integers(1, 5),
    period=st.none() | st.sampled_from([Period.MONTH, Period.HOUR]),
    currency=st.none() | st.sampled_from(["EUR", "PLN"]),
    suspension_reason=st.none() | st.sampled_from(SuspensionReason),
)
one_database = over_database(15)


@dataclass(frozen=True)
class Customer:
    """A company, and its list as it must be."""

    harness: InventoryHarness
    company_id: UUID
    services: list[Service]

    @classmethod
    def with_services(
        cls, harness: InventoryHarness, rows: list[dict[str, Any]]
    ) -> "Customer":
        company_id = uuid4()
        ordered = [
            service_row(
                f"S-{number}", company_id=str(company_id), **_values(row, number)
            )
            for number, row in enumerate(rows)
        ]
        harness.import_services(*ordered)
        customer = cls(harness, company_id, [])
        everything = customer.page(ListServices(limit=100)).services
        by_reference = {service.reference: service for service in everything}
        for number, row in enumerate(rows):
            customer.settle(by_reference[f"S-{number}"], row)
        return customer

    def settle(self, service: Service, row: dict[str, Any]) -> None:
        change = inventory.lifecycle.ChangeState(service_id=service.id)
        if row["state"] == "terminated":
            service = self.harness.operate(
                inventory.lifecycle.TERMINATE_SERVICE, change
            )
        elif row["marked"] and row["state"] != "pending":
            mark = inventory.lifecycle.RequestTermination(service_id=service.id)
            service = self.harness.operate(
                inventory.lifecycle.REQUEST_TERMINATION, mark
            )
        self.services.append(service)

    def page(self, request: ListServices) -> ServicePage:
        return self.harness.ask(
            inventory.reading.LIST_SERVICES, request, self.company_id
        )

    def expected(self, request: ListServices) -> list[UUID]:
        chosen = [s for s in self.services if _is_in(s, request)]
        chosen.sort(key=lambda s: _key(s, request.sort), reverse=request.descending)
        return [service.id for service in chosen]

    def forward(self, request: ListServices) -> Iterator[ServicePage]:
        page = self.page(request)
        yield page
        while page.next:
            page = self.page(msgspec.structs.replace(request, cursor=page.next))
            yield page

    def backward(self, request: ListServices, page: ServicePage) -> list[ServicePage]:
        pages = [page]
        while page.previous:
            page = self.page(msgspec.structs.replace(request, cursor=page.previous))
            pages.insert(0, page)
        return pages


def _values(row: dict[str, Any], number: int) -> dict[str, str]:
    """What an import is told, so that `Customer.settle` can make the row of it."""
    values = {key: value for key, value in row.items() if key != "marked"}
    if row["state"] == "terminated":
        values["state"] = "active"
    if row["state"] != "pending":
        # Pairs that were created at once, so that ids decide.
        values["activated_at"] = (START - timedelta(days=number // 2)).isoformat()
    return values


def _is_in(service: Service, request: ListServices) -> bool:
    pairs = (
        (request.family, service.family_code),
        (request.period, service.period),
        (request.currency, service.price.currency.code),
        (request.suspension_reason, service.suspension_reason),
    )
    if any(wanted not in {None, is_} for wanted, is_ in pairs):
        return False
    if request.state is StateFilter.TERMINATION_REQUESTED:
        return service.termination_request is not None
    wanted = LIVE if request.state is None else (request.state.value,)
    return service.state.value in wanted


def _total(request: ListServices, expected: list[UUID]) -> int | None:
    extra = request.period, request.currency, request.suspension_reason
    return len(expected) if extra == (None, None, None) else None


def _key(service: Service, sort: ServiceSort) -> tuple[Any, ...]:
    name = (service.name.lower(), service.id)
    if sort is ServiceSort.NAME:
        return name
    if sort is ServiceSort.CREATED:
        return service.created_at, service.id
    if sort is ServiceSort.STATE:
        return RANKS.index(service.state.value), *name
    yearly = service.price.amount * YEARLY[service.period.value]
    return service.price.currency.code, yearly, service.id


@given(rows=some_services, request_=some_lists)
@one_database
def test_walking_the_pages_gives_the_sorted_list_both_ways(
    harness: InventoryHarness, rows: list[dict[str, Any]], request_: ListServices
) -> None:
    customer = Customer.with_services(harness, rows)
    expected = customer.expected(request_)

    there = list(customer.forward(request_))
    back = customer.backward(request_, there[-1])

    assert [s.id for page in there for s in page.services] == expected
    assert {page.total for page in there} == {_total(request_, expected)}
    assert there[0].previous is None
    assert [page.services for page in back] == [page.services for page in there]


@given(limit=st.integers(1, 4), name=st.sampled_from(["a", "m", "z"]))
@one_database
def test_services_added_during_a_walk_make_nobody_appear_twice(
    harness: InventoryHarness, limit: int, name: str
) -> None:
    rows = [
        {"name": letter, "state": "active", "marked": False} for letter in "bdfhknp"
    ]
    customer = Customer.with_services(harness, rows)
    request = ListServices(limit=limit)

    seen: list[UUID] = []
    for number, page in enumerate(customer.forward(request)):
        seen += [service.id for service in page.services]
        harness.add_service(f"new-{number}", company_id=customer.company_id, name=name)
        if number > 20:
            break

    assert len(seen) == len(set(seen))
    assert set(customer.expected(request)) <= set(seen)


def test_a_list_shows_what_a_figure_elsewhere_is_made_of(
    harness: InventoryHarness,
) -> None:
    harness.import_catalog(catalog_row("lxc-s", period="week"))
    harness.import_services(
        service_row("monthly"), service_row("weekly", period="week")
    )
    unpaid = harness.activate(harness.add_service("unpaid"))
    suspend = inventory.lifecycle.Suspend(
        service_id=unpaid.id, reason=SuspensionReason.PAYMENT
    )
    harness.operate(inventory.lifecycle.SUSPEND_SERVICE, suspend)

    def shown(**values: Any) -> tuple[list[str], int | None]:
        page = harness.ask(inventory.reading.LIST_SERVICES, ListServices(**values))
        return sorted(service.reference for service in page.services), page.total

    assert shown(period=Period.WEEK) == (["weekly"], None)
    assert shown(suspension_reason=SuspensionReason.PAYMENT) == (["unpaid"], None)
    assert shown(suspension_reason=SuspensionReason.POLICY) == ([], None)
    assert shown(currency="EUR") == (["monthly", "unpaid", "weekly"], None)
    assert shown(currency="PLN") == ([], None)


def test_a_list_shows_what_its_counter_counted(harness: InventoryHarness) -> None:
    harness.import_services(
        *(service_row(f"S-{n}", state=LIVE[n % 3]) for n in range(7))
    )
    board = harness.ask(inventory.reading.DASHBOARD, inventory.reading.Dashboard())

    for state, count in (
        (None, board.total),
        (StateFilter.PENDING, board.pending),
        (StateFilter.ACTIVE, board.active),
        (StateFilter.SUSPENDED, board.suspended),
    ):
        page = harness.ask(inventory.reading.LIST_SERVICES, ListServices(state=state))
        assert page.total == len(page.services) == count


def test_cancelled_services_are_on_no_list(harness: InventoryHarness) -> None:
    service = harness.add_service()
    change = inventory.lifecycle.ChangeState(service_id=service.id)
    cancelled = harness.operate(inventory.lifecycle.CANCEL_SERVICE, change)

    assert cancelled.state is ServiceState.CANCELLED
    for state in (None, *StateFilter):
        request = ListServices(state=state)
        assert harness.ask(inventory.reading.LIST_SERVICES, request).services == []


def test_the_way_back_leads_to_the_start_when_what_was_there_is_gone(
    harness: InventoryHarness,
) -> None:
    first, second, _ = [harness.add_service(f"S-{n}") for n in range(3)]
    page = harness.ask(inventory.reading.LIST_SERVICES, ListServices(limit=1))
    there = harness.ask(
        inventory.reading.LIST_SERVICES, ListServices(limit=1, cursor=page.next)
    )
    change = inventory.lifecycle.ChangeState(service_id=first.id)
    harness.operate(inventory.lifecycle.CANCEL_SERVICE, change)

    back = ListServices(limit=1, cursor=there.previous)
    start = harness.ask(inventory.reading.LIST_SERVICES, back)
    assert ([service.id for service in start.services], start.previous) == (
        [second.id],
        None,
    )
    assert start.next


def test_the_way_on_leads_to_the_end_when_what_was_there_is_gone(
    harness: InventoryHarness,
) -> None:
    *_, kept, gone = [harness.add_service(f"S-{n}") for n in range(3)]
    request = ListServices(limit=1)
    *_, last_but_one, _ = Customer(harness, COMPANY, []).forward(request)
    change = inventory.lifecycle.ChangeState(service_id=gone.id)
    harness.operate(inventory.lifecycle.CANCEL_SERVICE, change)

    on = msgspec.structs.replace(request, cursor=last_but_one.next)
    end = harness.ask(inventory.reading.LIST_SERVICES, on)
    assert ([service.id for service in end.services], end.next) == ([kept.id], None)
    assert end.previous


def _cursor(harness: InventoryHarness, **values: Any) -> str:
    page = harness.ask(inventory.reading.LIST_SERVICES, ListServices(limit=1, **values))
    assert page.next
    return page.next


OTHER_LISTS: list[dict[str, Any]] = [
    {"state": StateFilter.PENDING},
    {"family": "lxc"},
    {"search": "s"},
    {"sort": ServiceSort.CREATED},
    {"sort": ServiceSort.PRICE},
    {"descending": True},
    {"period": Period.MONTH},
    {"currency": "EUR"},
    {"suspension_reason": SuspensionReason.PAYMENT},
]


def test_a_cursor_of_another_list_is_refused(harness: InventoryHarness) -> None:
    harness.import_services(service_row("S-1"), service_row("S-2"))
    cursor = _cursor(harness)

    for other in OTHER_LISTS:
        with pytest.raises(InvalidInput, match="bad_cursor"):
            harness.ask(
                inventory.reading.LIST_SERVICES, ListServices(cursor=cursor, **other)
            )


def test_a_cursor_of_another_company_is_refused(harness: InventoryHarness) -> None:
    harness.import_services(service_row("S-1"), service_row("S-2"))
    request = ListServices(cursor=_cursor(harness))

    with pytest.raises(InvalidInput, match="bad_cursor"):
        harness.ask(inventory.reading.LIST_SERVICES, request, STRANGER)


FORGED: list[object] = [
    "\x00",
    "x" * 401,
    -1,
    2**80,
    1e300,
    "1e999999",
    "NaN",
    None,
    [],
    "0001-01-01",
]
NO_FAMILIES = ("", "x", "' OR 1=1 --", "\x00")
NO_CURRENCIES = ("", "eur", "XYZ", "EUR\x00", "é")
NO_CURSORS = ("", "!", "A" * 5_000, "W10", "bnVsbA", "é")
NAME_PLACES = {ServiceSort.NAME: 2, ServiceSort.STATE: 3}
"""Where any short text will do."""


@pytest.mark.parametrize("sort", ServiceSort)
def test_a_forged_cursor_is_refused_whatever_it_holds(
    harness: InventoryHarness, sort: ServiceSort
) -> None:
    harness.import_services(service_row("S-1"), service_row("S-2"))
    good = decode_cursor(_cursor(harness, sort=sort), list[Any])

    for place, forged in product(range(1, len(good)), FORGED):
        cursor = encode_cursor(*good[:place], forged, *good[place + 1 :])
        request = ListServices(sort=sort, cursor=cursor)
        if place == NAME_PLACES.get(sort) and forged in FORGED[5:7] + FORGED[9:]:
            assert harness.ask(inventory.reading.LIST_SERVICES, request).total == 2
        else:
            with pytest.raises(InvalidInput, match="bad_cursor"):
                harness.ask(inventory.reading.LIST_SERVICES, request)


REFUSED: list[tuple[dict[str, Any], str]] = [
    *(({"cursor": text}, "bad_cursor") for text in NO_CURSORS),
    *(({"limit": limit}, "bad_limit") for limit in (0, -1, 101)),
    *(({"family": code}, "no_such_family") for code in NO_FAMILIES),
    *(({"currency": code}, "no_such_currency") for code in NO_CURRENCIES),
]


def test_what_no_list_can_be_made_of_is_refused(harness: InventoryHarness) -> None:
    for values, code in REFUSED:
        with pytest.raises(ContractError, match=code):
            harness.ask(inventory.reading.LIST_SERVICES, ListServices(**values))


def test_a_family_without_services_has_an_empty_list(harness: InventoryHarness) -> None:
    harness.import_catalog(catalog_row("vpn-5"))

    page = harness.ask(inventory.reading.LIST_SERVICES, ListServices(family="vpn"))

    assert (page.services, page.total) == ([], 0)
    assert page.previous is page.next is None


def test_nobody_elses_services_are_on_the_list(harness: InventoryHarness) -> None:
    harness.add_service("mine")
    harness.add_service("theirs", company_id=STRANGER)

    page = harness.ask(inventory.reading.LIST_SERVICES, ListServices(), COMPANY)

    assert [service.reference for service in page.services] == ["mine"]
