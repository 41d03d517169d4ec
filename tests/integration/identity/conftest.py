from collections.abc import Iterator

import pytest

from shared.database import Database
from tests.integration.identity.house import House


@pytest.fixture
def house(identity_database_url: str) -> Iterator[House]:
    """An identity service on a real PostgreSQL, in a fresh database."""
    database = Database(identity_database_url)
    yield House.build(database)
    database.close()
