"""Broken counters are named, mended and right again, also while services change."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.contracts import inventory
from shared.errors import InvalidInput
from tests.fixtures.inventory.warehouse import COMPANY, STRANGER, Warehouse

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


def spoil(warehouse: Warehouse, statement: str) -> None:
    with warehouse.database.system() as db:
        db.execute(text(statement))


def rebuild(
    warehouse: Warehouse, company_id: UUID | None = None, limit: int = 20
) -> int:
    """Rebuild batch by batch, as the command does; returns how many were done."""
    total, after = 0, None
    while True:
        request = inventory.upkeep.RebuildCounters(
            company_id=company_id, after_company_id=after, limit=limit
        )
        rebuilt = warehouse.operate(inventory.upkeep.REBUILD_COUNTERS, request)
        total, after = total + rebuilt.count, rebuilt.last_company_id
        if after is None:
            return total


@pytest.mark.parametrize("statement", BREAKAGES.values(), ids=BREAKAGES)
def test_what_is_broken_is_named_and_mended(
    warehouse: Warehouse, statement: str
) -> None:
    warehouse.activate(warehouse.add_service("S-1"))
    leaving = warehouse.activate(warehouse.add_service("S-2", plan="web-pro"))
    request = inventory.lifecycle.RequestTermination(service_id=leaving.id)
    warehouse.operate(inventory.lifecycle.REQUEST_TERMINATION, request)
    warehouse.add_service("S-1", company_id=STRANGER)
    spoil(warehouse, statement)
    assert warehouse.counter_differences() != []

    rebuild(warehouse)

    assert warehouse.counter_differences() == []
    rebuild(warehouse)
    assert warehouse.counter_differences() == []


def test_one_company_alone_is_mended(warehouse: Warehouse) -> None:
    for company_id in (COMPANY, STRANGER):
        warehouse.add_service("S-1", company_id=company_id)
    spoil(warehouse, "UPDATE service_counters SET pending = 7")

    assert rebuild(warehouse, STRANGER) == 1

    (left,) = warehouse.counter_differences()
    assert str(COMPANY) in left


@pytest.mark.parametrize("limit", [1, 2, 5, 6, 20])
def test_batches_of_any_size_reach_every_company(
    warehouse: Warehouse, limit: int
) -> None:
    for number in range(5):
        warehouse.add_service(company_id=UUID(int=number + 1))
    spoil(warehouse, "UPDATE service_counters SET pending = 7")

    assert rebuild(warehouse, limit=limit) == 5

    assert warehouse.counter_differences() == []


def test_a_batch_of_none_or_too_many_is_refused(warehouse: Warehouse) -> None:
    for limit in (0, -1, 1_001):
        with pytest.raises(InvalidInput, match="bad_limit"):
            rebuild(warehouse, limit=limit)


def test_changes_made_meanwhile_are_counted_once(warehouse: Warehouse) -> None:
    plans = ("lxc-s", "web-pro", "vpn-5")

    def live(number: int) -> None:
        """A service through three families, the first of some of them among others."""
        service = warehouse.add_service(f"S-{number}", plan=plans[number % 3])
        warehouse.activate(service)
        for step in (1, 2):
            plan = plans[(number + step) % 3]
            change = inventory.lifecycle.ChangePlan(
                service_id=service.id, plan_code=plan
            )
            warehouse.operate(inventory.lifecycle.CHANGE_PLAN, change)
        if number % 2:
            end = inventory.lifecycle.ChangeState(service_id=service.id)
            warehouse.operate(inventory.lifecycle.TERMINATE_SERVICE, end)

    work: list[Callable[[], object]] = []
    for number in range(24):
        work += [lambda number=number: live(number), lambda: rebuild(warehouse)]  # type: ignore[misc]
    with ThreadPoolExecutor(6) as executor:
        for done in [executor.submit(task) for task in work]:
            done.result()

    assert warehouse.counter_differences() == []


def test_a_change_under_way_is_added_to_what_is_counted(warehouse: Warehouse) -> None:
    """The moment between a change of a service and that of its counters."""
    warehouse.add_service("S-1")
    spoil(warehouse, "UPDATE service_counters SET pending = 7")

    with warehouse.database.system() as change:
        change.execute(text("UPDATE services SET state = 'cancelled'"))
        rebuild(warehouse)
        change.execute(
            text("UPDATE service_counters SET pending = pending - 1, cancelled = 1")
        )

    assert warehouse.counter_differences() == []
