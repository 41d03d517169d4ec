"""Broken counters are named, mended and right again, also while services change."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.contracts import inventory
from shared.errors import InvalidInput
from tests.fixtures.inventory.harness import COMPANY, STRANGER, InventoryHarness

BREAKAGES = {
    "one too many": "UPDATE service_counters SET active = active + 1",
    "a counter of the marks": "UPDATE service_counters SET termination_requested = 9",
    "a row is lost": "DELETE FROM service_counters WHERE family_code = 'lxc'",
    "all are lost": "TRUNCATE service_counters",
    "a row of no service": "INSERT INTO service_counters "
    f"SELECT '{COMPANY}', 'vpn', 1, 2, 3, 4, 5, 6",
    "a company of no service": "INSERT INTO service_counters "
    f"SELECT '{UUID(int=3)}', 'vpn', 1, 2, 3, 4, 5, 6",
    "services are lost": "TRUNCATE services CASCADE",
}


def spoil(harness: InventoryHarness, statement: str) -> None:
    with harness.database.system() as db:
        db.execute(text(statement))


def rebuild(
    harness: InventoryHarness, company_id: UUID | None = None, limit: int = 20
) -> int:
    """Rebuild batch by batch, as the command does; returns how many were done."""
    total, after = 0, None
    while True:
        request = inventory.upkeep.RebuildCounters(
            company_id=company_id, after_company_id=after, limit=limit
        )
        rebuilt = harness.operate(inventory.upkeep.REBUILD_COUNTERS, request)
        total, after = total + rebuilt.count, rebuilt.last_company_id
        if after is None:
            return total


@pytest.mark.parametrize("statement", BREAKAGES.values(), ids=BREAKAGES)
def test_what_is_broken_is_named_and_mended(
    harness: InventoryHarness, statement: str
) -> None:
    harness.activate(harness.add_service("S-1"))
    leaving = harness.activate(harness.add_service("S-2", plan="web-pro"))
    request = inventory.lifecycle.RequestTermination(service_id=leaving.id)
    harness.operate(inventory.lifecycle.REQUEST_TERMINATION, request)
    harness.add_service("S-1", company_id=STRANGER)
    spoil(harness, statement)
    assert harness.counter_differences() != []

    rebuild(harness)

    assert harness.counter_differences() == []
    rebuild(harness)
    assert harness.counter_differences() == []


def test_one_company_alone_is_mended(harness: InventoryHarness) -> None:
    for company_id in (COMPANY, STRANGER):
        harness.add_service("S-1", company_id=company_id)
    spoil(harness, "UPDATE service_counters SET pending = 7")

    assert rebuild(harness, STRANGER) == 1

    (left,) = harness.counter_differences()
    assert str(COMPANY) in left


@pytest.mark.parametrize("limit", [1, 2, 5, 6, 20])
def test_batches_of_any_size_reach_every_company(
    harness: InventoryHarness, limit: int
) -> None:
    for number in range(5):
        harness.add_service(company_id=UUID(int=number + 1))
    spoil(harness, "UPDATE service_counters SET pending = 7")

    assert rebuild(harness, limit=limit) == 5

    assert harness.counter_differences() == []


def test_a_batch_of_none_or_too_many_is_refused(harness: InventoryHarness) -> None:
    for limit in (0, -1, 1_001):
        with pytest.raises(InvalidInput, match="bad_limit"):
            rebuild(harness, limit=limit)


def test_changes_made_meanwhile_are_counted_once(harness: InventoryHarness) -> None:
    plans = ("lxc-s", "web-pro", "vpn-5")

    def live(number: int) -> None:
        """A service through three families, the first of some of them among others."""
        service = harness.add_service(f"S-{number}", plan=plans[number % 3])
        harness.activate(service)
        for step in (1, 2):
            plan = plans[(number + step) % 3]
            change = inventory.lifecycle.ChangePlan(
                service_id=service.id, plan_code=plan
            )
            harness.operate(inventory.lifecycle.CHANGE_PLAN, change)
        if number % 2:
            end = inventory.lifecycle.ChangeState(service_id=service.id)
            harness.operate(inventory.lifecycle.TERMINATE_SERVICE, end)

    work: list[Callable[[], object]] = []
    for number in range(24):
        work += [lambda number=number: live(number), lambda: rebuild(harness)]  # type: ignore[misc]
    with ThreadPoolExecutor(6) as executor:
        for done in [executor.submit(task) for task in work]:
            done.result()

    assert harness.counter_differences() == []


def test_a_change_under_way_is_added_to_what_is_counted(
    harness: InventoryHarness,
) -> None:
    """The moment between a change of a service and that of its counters."""
    harness.add_service("S-1")
    spoil(harness, "UPDATE service_counters SET pending = 7")

    with harness.database.system() as change:
        change.execute(text("UPDATE services SET state = 'cancelled'"))
        rebuild(harness)
        change.execute(
            text("UPDATE service_counters SET pending = pending - 1, cancelled = 1")
        )

    assert harness.counter_differences() == []
