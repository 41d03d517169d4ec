from collections.abc import Iterator

import pytest
from sqlalchemy import text

from launcher.servers.postgres import PostgresServer
from services.identity.models.base import Base
from shared.db import tables
from shared.db.database import Database
from tests.fixtures.databases import fresh_database
from tests.fixtures.identity.harness import IdentityHarness

_TABLES = ", ".join([*Base.metadata.tables, *tables.metadata.tables])


@pytest.fixture(scope="session")
def database(postgres_server: PostgresServer) -> Iterator[Database]:
    """One database for all tests of a worker; resetting it is faster."""
    with fresh_database(postgres_server, "identity") as url:
        database = Database(url)
        yield database
        database.close()


@pytest.fixture
def harness(database: Database) -> IdentityHarness:
    """An identity service on a real PostgreSQL, in an empty database."""
    with database.system() as db:
        db.execute(text("ALTER TABLE activity DISABLE TRIGGER activity_stays"))
        db.execute(text(f"TRUNCATE {_TABLES} CASCADE"))
        db.execute(text("ALTER TABLE activity ENABLE TRIGGER activity_stays"))
    return IdentityHarness.build(database)
