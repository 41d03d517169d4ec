from collections.abc import Iterator

import pytest

from shared.db.database import Database
from tests.fixtures.inventory.warehouse import PLANS, Warehouse, catalog_row


@pytest.fixture
def empty_warehouse(inventory_database_url: str) -> Iterator[Warehouse]:
    """An inventory service on a real PostgreSQL, in a fresh database."""
    database = Database(inventory_database_url)
    yield Warehouse(database)
    database.close()


@pytest.fixture
def warehouse(empty_warehouse: Warehouse) -> Warehouse:
    """With a catalogue of three families."""
    empty_warehouse.import_catalog(*map(catalog_row, PLANS))
    return empty_warehouse
