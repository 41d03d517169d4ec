"""Runs seeds, one after another, over the same three databases, emptied each time."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from psycopg2 import sql
from psycopg2.extensions import connection
from sqlalchemy import make_url

from launcher.servers.postgres import PostgresServer
from tests.fixtures.database_reset import empty
from tests.fixtures.databases import fresh_database
from tests.simulation.locks import LockWatch
from tests.simulation.run import ACTS, Outcome, simulate

Simulate = Callable[..., Outcome]

_SERVICES = ("identity", "inventory", "billing")


@pytest.fixture(scope="module")
def urls(postgres_server: PostgresServer) -> Iterator[Mapping[str, str]]:
    with ExitStack() as databases:
        yield {
            name: databases.enter_context(fresh_database(postgres_server, name))
            for name in _SERVICES
        }


@pytest.fixture
def simulation(
    postgres_server: PostgresServer, urls: Mapping[str, str], tmp_path: Path
) -> Iterator[Simulate]:
    """Runs one seed; see `tests.simulation.run.simulate`."""
    with closing(postgres_server.connect()) as superuser:
        superuser.autocommit = True

        def run(seed: int, acts: int = ACTS) -> Outcome:
            for url in urls.values():
                name = make_url(url).database or ""
                with closing(postgres_server.connect(name)) as here:
                    _make_ready(here, name)
            return simulate(seed, urls, tmp_path, LockWatch(superuser), acts)

        yield run


def _make_ready(database: connection, name: str) -> None:
    """Empty a database, and leave deadlocks to us.

    Which of two PostgreSQL would end is a matter of time.
    """
    database.autocommit = True
    with database.cursor() as cursor:
        empty(cursor)
        patient = sql.SQL("ALTER DATABASE {} SET deadlock_timeout = '1h'")
        cursor.execute(patient.format(sql.Identifier(name)))
