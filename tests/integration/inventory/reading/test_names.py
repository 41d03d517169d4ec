"""What services are called, for who knows their ids from elsewhere."""

from uuid import uuid4

import pytest

from shared.contracts import inventory
from shared.errors import InvalidInput
from tests.fixtures.inventory.harness import STRANGER, InventoryHarness


def test_the_companys_services_are_named_and_other_ids_are_left_out(
    harness: InventoryHarness,
) -> None:
    ours = [harness.add_service(reference) for reference in ("S-1", "S-2", "S-3")]
    theirs = harness.add_service("S-4", company_id=STRANGER)
    asked = [ours[0].id, ours[2].id, ours[0].id, theirs.id, uuid4()]
    request = inventory.reading.NameServices(service_ids=asked)

    expected = {ours[0].id: ours[0].name, ours[2].id: ours[2].name}
    assert harness.ask(inventory.reading.NAME_SERVICES, request).by_id == expected
    for_them = harness.ask(inventory.reading.NAME_SERVICES, request, STRANGER)
    assert for_them.by_id == {theirs.id: theirs.name}


def test_no_ids_have_no_names(harness: InventoryHarness) -> None:
    request = inventory.reading.NameServices(service_ids=[])

    assert harness.ask(inventory.reading.NAME_SERVICES, request).services == []


def test_more_ids_than_a_page_can_have_are_refused(harness: InventoryHarness) -> None:
    many = inventory.reading.NameServices(service_ids=[uuid4() for _ in range(101)])
    most = inventory.reading.NameServices(service_ids=many.service_ids[:100])

    assert harness.ask(inventory.reading.NAME_SERVICES, most).services == []
    with pytest.raises(InvalidInput, match="too_many_ids"):
        harness.ask(inventory.reading.NAME_SERVICES, many)
