"""Counters stay exact however many change services at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from shared.contracts import inventory
from shared.contracts.inventory.services import SuspensionReason
from shared.errors import Conflict
from tests.fixtures.inventory.harness import InventoryHarness, catalog_row, service_row

THREADS = 8


def at_once(work: list[Callable[[], object]]) -> None:
    with ThreadPoolExecutor(THREADS) as executor:
        for done in [executor.submit(task) for task in work]:
            done.result()


def test_changes_of_one_family_at_once_are_all_counted(
    harness: InventoryHarness,
) -> None:
    services = [harness.add_service(f"S-{number}") for number in range(24)]

    at_once([partial(harness.activate, service) for service in services])

    board = harness.ask(inventory.reading.DASHBOARD, inventory.reading.Dashboard())
    assert (board.pending, board.active) == (0, 24)
    assert harness.counter_differences() == []


def test_one_service_is_activated_once_by_many_who_try(
    harness: InventoryHarness,
) -> None:
    service = harness.add_service()
    refused: list[str] = []

    def activate() -> None:
        try:
            harness.activate(service)
        except Conflict as refusal:
            refused.append(refusal.code)

    at_once([activate] * THREADS)

    assert refused == ["wrong_state"] * (THREADS - 1)
    assert len(harness.events()) == 2
    assert harness.counter_differences() == []


def test_moves_between_families_in_both_directions_never_deadlock(
    harness: InventoryHarness,
) -> None:
    plans = ("lxc-s", "web-pro")
    services = [
        harness.add_service(f"S-{number}", plan=plans[number % 2])
        for number in range(16)
    ]

    def move(service: inventory.services.Service) -> None:
        for plan in reversed(plans) if service.plan_code == plans[0] else plans:
            change = inventory.lifecycle.ChangePlan(
                service_id=service.id, plan_code=plan
            )
            harness.operate(inventory.lifecycle.CHANGE_PLAN, change)

    at_once([partial(move, service) for service in services])

    assert harness.counter_differences() == []


def test_imports_and_single_changes_meet_without_harm(
    harness: InventoryHarness,
) -> None:
    harness.import_services(
        *(service_row(f"S-{number:02}", state="pending") for number in range(30))
    )
    request = inventory.reading.ListServices(limit=100)
    services = harness.ask(inventory.reading.LIST_SERVICES, request).services
    refused: list[str] = []

    def attempt(task: Callable[[], object]) -> None:
        try:
            task()
        except Conflict as refusal:
            refused.append(refusal.code)

    def import_all() -> None:
        rows = (service_row(f"S-{number:02}", price="3") for number in range(40))
        attempt(lambda: harness.try_services(*rows))

    def rename() -> None:
        harness.try_catalog(catalog_row("lxc-s", plan_name="Renamed"))

    def live(service: inventory.services.Service) -> None:
        suspend = inventory.lifecycle.Suspend(
            service_id=service.id, reason=SuspensionReason.PAYMENT
        )
        attempt(lambda: harness.activate(service))
        attempt(lambda: harness.operate(inventory.lifecycle.SUSPEND_SERVICE, suspend))

    singles = [partial(live, service) for service in services]
    at_once([import_all, *singles[:15], rename, *singles[15:], import_all])

    assert set(refused) <= {"changed_meanwhile", "wrong_state"}
    assert harness.counter_differences() == []
    newest: dict[str, int] = {}
    for event in harness.events():
        # Of one service, versions go up by one in the order of the outbox. What is
        # announced to people is of no one service.
        subject = event["body"].get("id")
        if subject is None:
            continue
        assert event["version"] == newest.get(subject, 0) + 1
        newest[subject] = event["version"]
