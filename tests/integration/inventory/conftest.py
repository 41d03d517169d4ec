from collections.abc import Iterator

import pytest

from shared.db.database import Database
from tests.fixtures.inventory.harness import PLANS, InventoryHarness, catalog_row


@pytest.fixture
def empty_harness(inventory_database_url: str) -> Iterator[InventoryHarness]:
    """An inventory service on a real PostgreSQL, in a fresh database."""
    database = Database(inventory_database_url)
    yield InventoryHarness(database)
    database.close()


@pytest.fixture
def harness(empty_harness: InventoryHarness) -> InventoryHarness:
    """With a catalogue of three families."""
    empty_harness.import_catalog(*map(catalog_row, PLANS))
    return empty_harness
