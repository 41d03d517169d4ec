from collections.abc import Iterator

import pytest

from shared.database import Database
from tests.integration.billing.office import Office


@pytest.fixture
def office(billing_database_url: str) -> Iterator[Office]:
    """A billing service on a real PostgreSQL, in a fresh database."""
    database = Database(billing_database_url)
    yield Office(database)
    database.close()
