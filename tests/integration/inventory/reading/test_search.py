"""Search by the beginnings of words; whatever is typed, it is only text."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from services.inventory.reading.listing import NEARBY
from services.inventory.reading.search import FEW, SEPARATORS
from shared.contracts import inventory
from shared.contracts.inventory.reading import ListServices
from shared.errors import InvalidInput
from tests.fixtures.inventory.harness import STRANGER, InventoryHarness, service_row
from tests.fixtures.properties import over_database

NAMES = (
    "web-01.example.com",
    "Café Zürich",
    "خادم البريد",
    "データベース server",
    "🚀 rocket's \\ launch",
    "100% load_test & co | not ! (that)",
    "WEB Shop:*",
)


@pytest.fixture
def stocked(harness: InventoryHarness) -> InventoryHarness:
    rows = [service_row(f"AU-{n}", name=name) for n, name in enumerate(NAMES)]
    foreign = service_row("AU-9", name="web secret", company_id=str(STRANGER))
    harness.import_services(*rows, foreign)
    return harness


def find(harness: InventoryHarness, search: str) -> list[str]:
    request = ListServices(search=search)
    page = harness.ask(inventory.reading.LIST_SERVICES, request)
    if search.strip():
        assert page.total is None
    return [service.name for service in page.services]


FOUND: list[tuple[str, set[int]]] = [
    ("web", {0, 6}),
    ("EXAMPLE.c", {0}),
    ("01 we", {0}),
    ("cafe", set()),
    ("CAFÉ", {1}),
    ("cafe\u0301", {1}),
    ("zür", {1}),
    ("البر", {2}),
    ("データ", {3}),
    ("🚀", {4}),
    ("rocket's", {4}),
    ("launch rock", {4}),
    ("100%", {5}),
    ("load_test", {5}),
    ("!(that)", {5}),
    ("shop:*", {6}),
    ("au-3", {3}),
    ("lxc s", {0, 1, 2, 3, 4, 5, 6}),
    ("au lxc caf", {1}),
    ("nothing", set()),
    ("!!! ' \\ :* &", set()),
    ("   ", {0, 1, 2, 3, 4, 5, 6}),
]


def test_every_word_must_begin_a_word_of_name_reference_or_plan(
    stocked: InventoryHarness,
) -> None:
    for search, numbers in FOUND:
        expected = {NAMES[number] for number in numbers}
        assert set(find(stocked, search)) == expected, search


def test_nobody_elses_words_are_found(stocked: InventoryHarness) -> None:
    assert find(stocked, "secret") == []
    assert find(stocked, f"{STRANGER}/secret") == []


def test_a_renamed_plan_is_found_by_its_new_name(stocked: InventoryHarness) -> None:
    service = stocked.add_service("AU-8", plan="lxc-l", name="other")
    change = inventory.lifecycle.ChangePlan(service_id=service.id, plan_code="web-pro")
    stocked.operate(inventory.lifecycle.CHANGE_PLAN, change)

    assert find(stocked, "pro") == ["other"]


@given(text=st.text(max_size=200))
@over_database(75)
def test_no_text_breaks_the_search(stocked: InventoryHarness, text: str) -> None:
    find(stocked, text)


def test_every_separator_parts_words_in_the_index_and_in_the_search(
    harness: InventoryHarness,
) -> None:
    plain = [c for c in SEPARATORS if c.isprintable() and not c.isspace()]
    rows = [
        service_row(f"R{n}", name=f"left{separator}n{n:03}")
        for n, separator in enumerate(plain)
    ]
    harness.import_services(*rows)

    for number, separator in random.Random(5).sample(list(enumerate(plain)), 25):
        assert find(harness, f"n{number:03}{separator}left") == [
            f"left{separator}n{number:03}"
        ]


def test_a_search_of_more_than_200_characters_is_refused(
    harness: InventoryHarness,
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        find(harness, "x" * 10_000)

    assert refusal.value.code == "search_too_long"
    assert refusal.value.parameters == {"max_length": 200}
    assert find(harness, "x" * 200) == []


def test_a_common_word_finds_the_same_page_by_page_in_both_directions(
    harness: InventoryHarness,
) -> None:
    """More than few services, far behind others in the list, in two spellings."""
    others = [service_row(f"A-{n}", name=f"aaa {n:04}") for n in range(NEARBY + 1)]
    shops = [
        service_row(f"S-{n}", name=f"{'shop' if n % 3 else 'shops shop'} {n:04}")
        for n in range(FEW + 80)
    ]
    harness.import_services(*others, *shops)
    names = sorted(row.name for row in shops)

    for descending in (False, True):
        forth, back = _both_ways(harness, descending=descending)

        assert forth == (names[::-1] if descending else names)
        assert back == forth[: len(back)]


def _both_ways(
    harness: InventoryHarness, *, descending: bool
) -> tuple[list[str], list[str]]:
    """The names found to the list's end, and then from its last page to its start."""
    request = ListServices(search="sho", limit=100, descending=descending)
    page = harness.ask(inventory.reading.LIST_SERVICES, request)
    forth = [service.name for service in page.services]
    while page.next is not None:
        request = structs.replace(request, cursor=page.next)
        page = harness.ask(inventory.reading.LIST_SERVICES, request)
        forth += [service.name for service in page.services]
    back: list[str] = []
    while page.previous is not None:
        request = structs.replace(request, cursor=page.previous)
        page = harness.ask(inventory.reading.LIST_SERVICES, request)
        back = [service.name for service in page.services] + back
    return forth, back


def test_a_renamed_service_is_no_longer_found_by_its_old_name(
    stocked: InventoryHarness,
) -> None:
    stocked.import_services(service_row("AU-4", name="comet"))

    assert find(stocked, "rocket's") == []
    assert find(stocked, "comet") == ["comet"]
