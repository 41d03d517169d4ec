"""The set-up of the stack in containers, and what their health checks find."""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import sql
from sqlalchemy import make_url

from launcher.machine.errors import LaunchError
from launcher.machine.layout import Layout
from launcher.run.credentials import KEYS
from launcher.run.health import ailment_of
from launcher.run.setup import ADMIN_URL, set_up
from launcher.servers.databases import SERVICES, administration, url_variable
from launcher.servers.postgres import PostgresServer
from shared.db.database import Database
from shared.db.server_log import settings_that_log_data
from shared.settings import SettingError, read_settings

SECOND = "b" * 48


def libpq(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(False)


@pytest.fixture
def environment(
    postgres_server: PostgresServer, tmp_path: Path
) -> Iterator[dict[str, str]]:
    """The settings of `setup`, for databases and roles that are not there yet."""
    names = {service: f"{service}-of-{os.getpid()}" for service in SERVICES}
    urls = {
        url_variable(service): postgres_server.url(name, name, "a" * 48)
        for service, name in names.items()
    }
    admin = {ADMIN_URL: postgres_server.url("postgres")}
    yield {"VAR": str(tmp_path), "DEMO": "no", **urls, **admin}
    with administration(postgres_server.connect()) as cur:
        for name in map(sql.Identifier, names.values()):
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            cur.execute(drop.format(name))
            cur.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(name))


def tables_of(environment: Mapping[str, str], service: str) -> set[str]:
    with psycopg2.connect(libpq(environment[url_variable(service)])) as connection:
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

    with administration(psycopg2.connect(libpq(environment[ADMIN_URL]))) as cur:
        role = sql.Identifier(make_url(url).username or "")
        cur.execute(sql.SQL("ALTER ROLE {} SET log_statement = 'all'").format(role))
        reset = "ALTER ROLE {} RESET log_min_messages"
        cur.execute(sql.SQL(reset).format(role))
    assert said_of(url) == ["log_min_messages", "log_statement"]


def said_of(url: str) -> list[str]:
    with closing(Database(url)) as database, database.system() as session:
        return settings_that_log_data(session)


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


def test_a_demo_that_was_not_finished_is_begun_anew(
    environment: dict[str, str], tmp_path: Path
) -> None:
    set_up(environment)
    with psycopg2.connect(libpq(environment[url_variable("billing")])) as connection:
        connection.cursor().execute("CREATE TABLE half_of_it ()")
    connection.close()
    (tmp_path / "demo.unfinished").touch()

    set_up(environment)

    assert "half_of_it" not in tables_of(environment, "billing")


def test_who_is_no_superuser_is_told_so(environment: dict[str, str]) -> None:
    set_up(environment)
    role = make_url(environment[url_variable("identity")])

    with pytest.raises(LaunchError, match="is no superuser"):
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

    assert ailment_of("billing", settings) == "service_unreachable"


def test_a_web_front_end_that_does_not_answer_is_not_well() -> None:
    nowhere = read_settings({"PORT": "1"})

    assert ailment_of("web", nowhere) == "web_unreachable"
