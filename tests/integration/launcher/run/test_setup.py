"""The set-up of the stack in containers, and what their health checks find."""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import sql
from sqlalchemy import URL, make_url

from launcher.machine.errors import LaunchError
from launcher.machine.layout import Layout
from launcher.run.credentials import KEYS
from launcher.run.health import problem_of
from launcher.run.setup import set_up
from launcher.servers.databases import (
    ADMIN_URL,
    SERVICES,
    administration,
    libpq_url,
    owner_variable,
    url_variable,
)
from launcher.servers.migrations import migrations_of
from launcher.servers.postgres import PostgresServer
from services.billing.audit.charge_growth import make_months
from shared.db import migrations
from shared.db.database import Database
from shared.db.server_log import settings_that_log_data
from shared.errors import Unavailable
from shared.settings import SettingError, read_settings

SECOND = "b" * 48


@pytest.fixture
def environment(
    postgres_server: PostgresServer, tmp_path: Path
) -> Iterator[dict[str, str]]:
    """The settings of `setup`, for databases and roles that are not there yet."""
    with settings_for(postgres_server, tmp_path, "of") as environment:
        yield environment


@pytest.fixture(scope="module")
def handed_over(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Databases of an earlier version, made ready by this one.

    There, each service owned its tables; here, a role of its own does.
    """
    folder = tmp_path_factory.mktemp("handed-over")
    with settings_for(postgres_server, folder, "handed-over") as environment:
        set_up(environment)
        with_owners = environment | owners_of(environment)
        set_up(with_owners)
        yield with_owners


@contextmanager
def settings_for(
    server: PostgresServer, var: Path, purpose: str
) -> Iterator[dict[str, str]]:
    names = {service: f"{service}-{purpose}-{os.getpid()}" for service in SERVICES}
    urls = {
        url_variable(service): server.url(name, name, "a" * 48)
        for service, name in names.items()
    }
    admin = {ADMIN_URL: server.url("postgres")}
    yield {"VAR": str(var), "DEMO": "no", **urls, **admin}
    with administration(server.connect()) as cur:
        for name in names.values():
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            cur.execute(drop.format(sql.Identifier(name)))
            for role in (name, f"{name}-owner"):
                drop = sql.SQL("DROP ROLE IF EXISTS {}")
                cur.execute(drop.format(sql.Identifier(role)))


def owners_of(environment: Mapping[str, str]) -> dict[str, str]:
    """For each service, a role beside its own that is to own the tables."""
    urls = {name: make_url(environment[url_variable(name)]) for name in SERVICES}
    owners = {
        name: url.set(username=f"{url.username}-owner") for name, url in urls.items()
    }
    return {
        owner_variable(name): url.render_as_string(hide_password=False)
        for name, url in owners.items()
    }


def _named(url: URL, role: str) -> str:
    return url.set(username=role).render_as_string(hide_password=False)


def tables_of(environment: Mapping[str, str], service: str) -> set[str]:
    with psycopg2.connect(libpq_url(environment[url_variable(service)])) as connection:
        cur = connection.cursor()
        cur.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = {name for (name,) in cur.fetchall()}
    connection.close()
    return found


def test_an_empty_server_gets_migrated_databases_and_each_program_its_keys(
    environment: dict[str, str], tmp_path: Path
) -> None:
    assert not set_up(environment)

    assert all("alembic_version" in tables_of(environment, each) for each in SERVICES)
    for program, keys in KEYS.items():
        folder = Layout(tmp_path).keys_folder(program)
        assert {file.name for file in folder.iterdir()} == set(keys)


def test_a_service_finds_out_what_the_server_would_log_of_its_statements(
    environment: dict[str, str],
) -> None:
    set_up(environment)
    url = environment[url_variable("billing")]

    assert said_of(url) == []

    with administration(psycopg2.connect(libpq_url(environment[ADMIN_URL]))) as cur:
        role = sql.Identifier(make_url(url).username or "")
        cur.execute(sql.SQL("ALTER ROLE {} SET log_statement = 'all'").format(role))
        reset = "ALTER ROLE {} RESET log_min_messages"
        cur.execute(sql.SQL(reset).format(role))
    assert said_of(url) == ["log_min_messages", "log_statement"]


def said_of(url: str) -> list[str]:
    with closing(Database(url)) as database, database.system() as session:
        return settings_that_log_data(session)


FORBIDDEN = {
    "identity": [
        "CREATE TABLE anything ()",
        "TRUNCATE users CASCADE",
        "ALTER TABLE users ADD COLUMN anything int",
        "UPDATE alembic_version SET version_num = 'none'",
        "UPDATE activity SET actor_name = 'nobody'",
        "DELETE FROM activity",
        "TRUNCATE activity",
        "ALTER TABLE activity DISABLE TRIGGER activity_stays",
    ],
    "billing": [
        "ALTER TABLE postings DISABLE TRIGGER USER",
        "SET session_replication_role = replica",
        "DROP TABLE charges",
        "TRUNCATE postings CASCADE",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE sql AS ''",
    ],
}
_UNREADABLE = """
SELECT tablename FROM pg_tables WHERE schemaname = 'public'
AND tablename NOT IN ('alembic_version', 'charges_other', 'activity') AND NOT (
    has_table_privilege(schemaname || '.' || tablename, 'SELECT, INSERT')
    AND has_table_privilege(schemaname || '.' || tablename, 'UPDATE')
    AND has_table_privilege(schemaname || '.' || tablename, 'DELETE'))
"""


def test_a_service_reads_and_writes_rows_and_its_tables_are_another_s(
    handed_over: dict[str, str],
) -> None:
    for service in SERVICES:
        url = libpq_url(handed_over[url_variable(service)])
        with closing(psycopg2.connect(url)) as connection:
            connection.autocommit = True
            cur = connection.cursor()
            cur.execute(_UNREADABLE)
            assert cur.fetchall() == []
            for statement in FORBIDDEN.get(service, []):
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cur.execute(statement)


def test_billing_makes_the_months_of_charges_without_owning_a_table(
    handed_over: dict[str, str],
) -> None:
    with closing(Database(handed_over[url_variable("billing")])) as database:
        make_months(database, datetime(2026, 11, 30, 23, tzinfo=UTC))
        make_months(database, datetime(2026, 12, 1, tzinfo=UTC))

    months = {name for name in tables_of(handed_over, "billing") if "s_202" in name}
    assert months == {
        *("charges_2026_11", "charges_2026_12"),
        *("charges_2027_01", "charges_2027_02", "charges_2027_03"),
    }


def test_a_service_waits_for_the_set_up_when_its_tables_are_old(
    handed_over: dict[str, str],
) -> None:
    owner = libpq_url(handed_over[owner_variable("identity")])
    with closing(psycopg2.connect(owner)) as connection, connection:
        older = "UPDATE alembic_version SET version_num = '0001'"
        connection.cursor().execute(older)

    with pytest.raises(Unavailable, match="database_outdated"):
        migrations.migrate(
            handed_over[url_variable("identity")], migrations_of("identity")
        )


def test_a_changed_password_holds_from_the_next_start_on_and_keys_stay(
    environment: dict[str, str], tmp_path: Path
) -> None:
    set_up(environment)
    key = (tmp_path / "keys" / "principal.key").read_bytes()
    variable = url_variable("billing")
    url = make_url(environment[variable]).set(password=SECOND)
    changed = {variable: url.render_as_string(hide_password=False)}

    set_up(environment | changed)

    assert tables_of(environment | changed, "billing")
    assert (tmp_path / "keys" / "principal.key").read_bytes() == key
    with pytest.raises(psycopg2.OperationalError, match="password"):
        tables_of(environment, "billing")


def test_a_demo_that_was_not_finished_is_started_again(
    environment: dict[str, str], tmp_path: Path
) -> None:
    set_up(environment)
    with psycopg2.connect(
        libpq_url(environment[url_variable("billing")])
    ) as connection:
        connection.cursor().execute("CREATE TABLE half_of_it ()")
    connection.close()
    (tmp_path / "demo.unfinished").touch()

    set_up(environment)

    assert "half_of_it" not in tables_of(environment, "billing")


def test_a_user_without_superuser_rights_is_refused(
    environment: dict[str, str],
) -> None:
    set_up(environment)
    role = make_url(environment[url_variable("identity")])

    with pytest.raises(LaunchError, match="is not a superuser"):
        set_up(environment | {ADMIN_URL: role.render_as_string(hide_password=False)})


@pytest.mark.parametrize("url", ["", "postgresql://host/database"])
def test_a_database_that_is_not_named_in_full_is_asked_for(
    environment: dict[str, str], url: str
) -> None:
    variable = url_variable("inventory")

    with pytest.raises(SettingError, match=variable):
        set_up(environment | {variable: url})


def test_a_service_that_takes_no_calls_is_not_well(amqp_url: str) -> None:
    settings = read_settings({"AMQP_URL": amqp_url})

    assert problem_of("billing", settings) == "service_unreachable"


def test_a_web_front_end_that_does_not_answer_is_not_well() -> None:
    nowhere = read_settings({"PORT": "1"})

    assert problem_of("web", nowhere) == "web_unreachable"
