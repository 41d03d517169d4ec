"""The times of a service's changes have the order of its versions."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from launcher.machine.processes import wait_until
from services.inventory.models import Service
from shared.contracts import inventory
from shared.contracts.inventory.services import SuspensionReason
from tests.fixtures.effects import waiting_for_locks
from tests.fixtures.inventory.harness import InventoryHarness, service_row

PATIENCE_S = 30


@pytest.mark.parametrize("what", ["request the end", "suspend", "import"])
def test_a_change_that_waited_for_another_comes_after_it(
    harness: InventoryHarness, inventory_database_url: str, what: str
) -> None:
    service = harness.activate(harness.add_service())

    def is_waiting() -> bool:
        return waiting_for_locks(inventory_database_url) == 1

    with ThreadPoolExecutor(1) as executor:
        with locked(harness, service.id):
            done = executor.submit(change, harness, what, service.id)
            assert wait_until(is_waiting, PATIENCE_S)
            harness.later()
        done.result(PATIENCE_S)

    assert time_of_change(harness, service.id) == harness.clock.now()
    assert harness.history_of(service)[-1].at == harness.clock.now()


@contextmanager
def locked(harness: InventoryHarness, service: UUID) -> Iterator[None]:
    """Keep others from changing a service, for the length of the block."""
    with harness.database.system() as session:
        wanted = select(Service.id).where(Service.id == service)
        session.execute(wanted.with_for_update())
        yield


def change(harness: InventoryHarness, what: str, service: UUID) -> None:
    lifecycle = inventory.lifecycle
    match what:
        case "request the end":
            request = lifecycle.RequestTermination(service_id=service)
            harness.operate(lifecycle.REQUEST_TERMINATION, request)
        case "suspend":
            reason = SuspensionReason.POLICY
            suspend = lifecycle.Suspend(service_id=service, reason=reason)
            harness.operate(lifecycle.SUSPEND_SERVICE, suspend)
        case _:
            harness.import_services(service_row(state="suspended"))


def time_of_change(harness: InventoryHarness, service: UUID) -> datetime:
    """What billing counts from."""
    wanted = inventory.reading.GetService(service_id=service)
    found = harness.ask(inventory.reading.GET_SERVICE, wanted).service
    request = found.termination_request
    return request.requested_at if request else found.state_since
