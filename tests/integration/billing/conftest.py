from collections.abc import Iterator

import pytest

from launcher.postgres import PostgresServer
from shared.db.database import Database
from tests.fixtures.databases import fresh_database
from tests.fixtures.sandbox import Sandbox, sandbox
from tests.fixtures.stripe import LocalStripe, local_stripe
from tests.integration.billing.office import Office
from tests.integration.billing.till import Till, a_till


@pytest.fixture(scope="module")
def billing_database(postgres_server: PostgresServer) -> Iterator[Database]:
    """One for all tests of a module: each acts for a company of its own."""
    with fresh_database(postgres_server, "billing") as url:
        database = Database(url)
        yield database
        database.close()


@pytest.fixture
def office(billing_database: Database) -> Office:
    """A billing service on a real PostgreSQL, and a company it does not know yet."""
    return Office(billing_database)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox gateway, as a server."""
    with sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def till(billing_database: Database, bank: Sandbox) -> Till:
    """A company that tops up at the sandbox."""
    return a_till(billing_database, bank)


@pytest.fixture(scope="session")
def stripe() -> Iterator[LocalStripe]:
    with local_stripe() as running:
        yield running
