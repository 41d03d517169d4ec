"""The processes of a real stack hold what is theirs, and nothing else."""

from pathlib import Path

import pytest

from launcher.machine.layout import Layout
from launcher.machine.processes import read_pid
from launcher.run.credentials import KEYS
from launcher.servers.databases import SERVICES, url_variable
from tests.fixtures.servers import Servers


@pytest.mark.full
@pytest.mark.parametrize("program", KEYS)
def test_a_program_has_neither_anothers_database_nor_anothers_key(
    servers: Servers, program: str
) -> None:
    layout = Layout(servers.ask("stack").folder)
    pid = read_pid(layout.pid_file(program))
    lines = Path(f"/proc/{pid}/environ").read_text().split("\0")
    environment = dict(line.split("=", 1) for line in lines if line)

    databases = {name for name in environment if name.endswith("_DATABASE_URL")}
    keys = Path(environment["KEYS_DIR"])

    assert databases == ({url_variable(program)} if program in SERVICES else set())
    assert keys == layout.keys_folder(program)
    assert {file.name for file in keys.iterdir()} == set(KEYS[program])
