"""Runs a seed over databases of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from psycopg2 import sql
from sqlalchemy import make_url

from launcher.postgres import PostgresServer
from tests.fixtures.databases import fresh_database
from tests.simulation.locks import LockWatch
from tests.simulation.run import ACTS, Outcome, simulate

Simulate = Callable[..., Outcome]


@pytest.fixture
def simulation(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[Simulate]:
    """Runs one seed; see `tests.simulation.run.simulate`."""
    with closing(postgres_server.connect()) as superuser:
        superuser.autocommit = True

        def run(seed: int, acts: int = ACTS) -> Outcome:
            with ExitStack() as databases:
                urls = {
                    name: databases.enter_context(fresh_database(postgres_server, name))
                    for name in ("identity", "inventory", "billing")
                }
                with superuser.cursor() as cursor:
                    for url in urls.values():
                        cursor.execute(_without_deadlock_detection(url))
                return simulate(seed, urls, tmp_path, LockWatch(superuser), acts)

        yield run


def _without_deadlock_detection(url: str) -> sql.Composed:
    """Deadlocks are the scheduler's to find: PostgreSQL's victim is a matter of time."""
    name = make_url(url).database or ""
    statement = sql.SQL("ALTER DATABASE {} SET deadlock_timeout = '1h'")
    return statement.format(sql.Identifier(name))
