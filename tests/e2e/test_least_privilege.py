"""The processes of a real stack hold what is theirs, and nothing else."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from launcher.machine.layout import Layout
from launcher.run.credentials import KEYS
from launcher.servers.databases import SERVICES, url_variable
from launcher.servers.rabbitmq import PROCESSES
from tests.fixtures.accounts import environment_of_process
from tests.fixtures.servers import Servers


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
