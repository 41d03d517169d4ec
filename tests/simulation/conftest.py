"""Runs seeds, one after another, over the same three databases, emptied each time."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from psycopg2 import sql
from psycopg2.extensions import connection
from sqlalchemy import make_url

from launcher.postgres import PostgresServer
from tests.fixtures.databases import fresh_database
from tests.simulation.locks import LockWatch
from tests.simulation.run import ACTS, Outcome, simulate

Simulate = Callable[..., Outcome]

_SERVICES = ("identity", "inventory", "billing")
_TABLES = """
SELECT tablename FROM pg_tables
WHERE schemaname = 'public' AND tablename <> 'alembic_version'
"""
_MADE_PARTITIONS = """
SELECT relname FROM pg_class
WHERE relispartition AND relkind = 'r' AND pg_get_expr(relpartbound, oid) <> 'DEFAULT'
ORDER BY relname
"""
"""Months of charges, which a run makes as its clock reaches them."""


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
    """Empty a database, whatever its triggers say, and leave deadlocks to us.

    Which of two PostgreSQL would end is a matter of time.
    """
    database.autocommit = True
    with database.cursor() as cursor:
        patient = sql.SQL("ALTER DATABASE {} SET deadlock_timeout = '1h'")
        cursor.execute(patient.format(sql.Identifier(name)))
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_MADE_PARTITIONS)
        for (partition,) in cursor.fetchall():
            drop = sql.SQL("DROP TABLE {}")
            cursor.execute(drop.format(sql.Identifier(partition)))
        cursor.execute(_TABLES)
        tables = [sql.Identifier(row[0]) for row in cursor.fetchall()]
        truncate = sql.SQL("TRUNCATE {} RESTART IDENTITY")
        cursor.execute(truncate.format(sql.SQL(", ").join(tables)))
