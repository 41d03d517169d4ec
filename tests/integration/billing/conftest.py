from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launcher.servers.databases import SERVICES
from launcher.servers.postgres import PostgresServer
from shared.db.database import Database
from tests.fixtures.billing.harness import BillingHarness
from tests.fixtures.billing.payer import Payer, a_payer
from tests.fixtures.billing.subscriber import Subscriber
from tests.fixtures.databases import fresh_database
from tests.fixtures.installations import Installation, installation
from tests.fixtures.sandbox import Sandbox, sandbox
from tests.fixtures.stripe import LocalStripe, local_stripe


@pytest.fixture(scope="module")
def billing_database(postgres_server: PostgresServer) -> Iterator[Database]:
    """One for all tests of a module: each acts for a company of its own."""
    with fresh_database(postgres_server, "billing") as url:
        database = Database(url)
        yield database
        database.close()


@pytest.fixture
def harness(billing_database: Database) -> BillingHarness:
    """A billing service on a real PostgreSQL, and a company it does not know yet."""
    return BillingHarness(billing_database)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox gateway, as a server."""
    with sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def payer(billing_database: Database, bank: Sandbox) -> Payer:
    """A company that tops up at the sandbox."""
    return a_payer(billing_database, bank)


@pytest.fixture(scope="session")
def stripe() -> Iterator[LocalStripe]:
    with local_stripe() as running:
        yield running


@pytest.fixture
def site(new_database: Callable[[str], str], tmp_path: Path) -> Iterator[Installation]:
    """An installation of its own."""
    urls = {name: new_database(name) for name in SERVICES}
    with installation(urls, tmp_path) as site:
        yield site


@pytest.fixture
def subscriber(site: Installation) -> Subscriber:
    """A customer with a wallet in euros."""
    return Subscriber(site, "rent@example.com")
