"""The processes of a real stack hold what is theirs, and nothing else."""

import os
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import psycopg2.errors
import pytest
from sqlalchemy import make_url

from launcher.machine.layout import Layout
from launcher.machine.processes import read_pid
from launcher.run.credentials import KEYS
from launcher.servers.databases import SERVICES, libpq_url, url_variable
from launcher.servers.rabbitmq import PROCESSES
from tests.fixtures.accounts import environment_of_process
from tests.fixtures.servers import Servers

FORBIDDEN = (
    "CREATE TABLE anything ()",
    "TRUNCATE outbox",
    "ALTER TABLE outbox DISABLE TRIGGER ALL",
    "ALTER TABLE outbox ADD COLUMN anything int",
    "UPDATE alembic_version SET version_num = '0'",
    "SET session_replication_role = replica",
)


@pytest.mark.full
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reaches_its_own_database_only_and_cannot_change_its_tables(
    servers: Servers, service: str
) -> None:
    layout = Layout(servers.ask("stack").folder)
    url = make_url(environment_of_process(layout, service)[url_variable(service)])

    for other in {*SERVICES, "postgres", "template1"} - {service}:
        others = url.set(database=other).render_as_string(hide_password=False)
        with pytest.raises(psycopg2.OperationalError, match="permission denied"):
            psycopg2.connect(libpq_url(others))
    own = libpq_url(url.render_as_string(hide_password=False))
    with closing(psycopg2.connect(own)) as connection:
        connection.autocommit = True
        for statement in FORBIDDEN:
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                connection.cursor().execute(statement)


@pytest.mark.full
@pytest.mark.parametrize("program", KEYS)
def test_a_program_has_neither_anothers_database_nor_anothers_key(
    servers: Servers, program: str
) -> None:
    layout = Layout(servers.ask("stack").folder)
    environment = environment_of_process(layout, program)

    databases = {name for name in environment if name.endswith("_DATABASE_URL")}
    brokers = {name for name in environment if name.endswith("AMQP_URL")}
    keys = Path(environment["KEYS_DIR"])

    assert databases == ({url_variable(program)} if program in SERVICES else set())
    assert brokers == ({"AMQP_URL"} if program in PROCESSES else set())
    if brokers:
        assert urlsplit(environment["AMQP_URL"]).username == program
    assert keys == layout.keys_folder(program)
    assert {file.name for file in keys.iterdir()} == set(KEYS[program])


@pytest.mark.full
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can step down")
def test_no_program_is_root_nor_another_and_the_servers_have_no_capability(
    servers: Servers,
) -> None:
    layout = Layout(servers.ask("stack").folder)
    programs = (*KEYS, "postgres", "rabbitmq", "proxy")
    statuses = {name: status_of_process(layout, name) for name in programs}

    users = {name: status["Uid"].split()[0] for name, status in statuses.items()}
    assert "0" not in users.values()
    assert len(set(users.values())) == len(programs)
    # Python itself may lie where only root may pass, and be let through.
    for name in ("rabbitmq", "proxy"):
        assert int(statuses[name]["CapEff"], 16) == 0, name


def status_of_process(layout: Layout, program: str) -> dict[str, str]:
    pid = read_pid(layout.pid_file(program))
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (x.partition(":") for x in lines)}
