"""What `fresh_database` gives after a test has used one."""

from contextlib import closing

import psycopg2
import pytest

from launcher.servers.postgres import PostgresServer
from tests.fixtures.database_reset import what_is_used
from tests.fixtures.databases import fresh_database

_USE = """
INSERT INTO tax_rates
(country, territory, rate_percent, valid_from, recorded_at, recorded_by)
VALUES ('XX', '', 1, '2026-01-01', now(), 'test')
"""
_MAKE_PARTITION = """
CREATE TABLE charges_2026_03 PARTITION OF charges
FOR VALUES FROM ('2026-03-01') TO ('2026-04-01')
"""


def _do(url: str, statement: str) -> None:
    with closing(_connect(url)) as connection, connection, connection.cursor() as cur:
        cur.execute(statement)


def _look(server: PostgresServer, url: str) -> tuple[int, list[str], list[str]]:
    """Its id, which a new name does not change, its used tables and all tables."""
    name = url.rpartition("/")[2]
    with closing(server.connect(name)) as connection, connection.cursor() as cur:
        cur.execute("SELECT oid FROM pg_database WHERE datname = %s", (name,))
        ((oid,),) = cur.fetchall()
        used = what_is_used(cur)
        cur.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return oid, used, sorted(table for (table,) in cur.fetchall())


def _connect(url: str) -> "psycopg2.extensions.connection":
    return psycopg2.connect(url.replace("postgresql+psycopg2:", "postgresql:"))


def test_a_used_database_comes_back_empty_and_under_another_name(
    postgres_server: PostgresServer,
) -> None:
    with fresh_database(postgres_server, "billing") as first:
        oid, _, tables = _look(postgres_server, first)
        _do(first, _USE)
        _do(first, _MAKE_PARTITION)
        _, used, _ = _look(postgres_server, first)
        assert used
        left_open = _connect(first)

    with (
        fresh_database(postgres_server, "billing") as second,
        closing(left_open),
    ):
        assert _look(postgres_server, second) == (oid, [], tables)
        with pytest.raises(psycopg2.OperationalError):
            left_open.cursor().execute("SELECT 1")
        with pytest.raises(psycopg2.OperationalError, match="does not exist"):
            _connect(first)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE wallets ADD COLUMN extra int",
        "ALTER TABLE wallets ADD CONSTRAINT extra CHECK (true)",
        "ALTER TABLE postings DISABLE TRIGGER USER",
        "ALTER TABLE postings DISABLE TRIGGER USER, ENABLE TRIGGER USER",
        "CREATE INDEX extra ON wallets (balance)",
        "DROP INDEX charges_of_entry",
        "CREATE VIEW extra AS SELECT 1",
        "ANALYZE tax_rates",
    ],
)
def test_a_database_whose_schema_was_changed_does_not_come_back(
    postgres_server: PostgresServer, change: str
) -> None:
    with fresh_database(postgres_server, "billing") as first:
        oid, _, tables = _look(postgres_server, first)
        _do(first, _USE)
        _do(first, change)

    with fresh_database(postgres_server, "billing") as second:
        other, used, then = _look(postgres_server, second)

    assert other != oid
    assert (used, then) == ([], tables)
