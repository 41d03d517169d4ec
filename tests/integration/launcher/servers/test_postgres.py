"""PostgreSQL of our own: starts anywhere, gives way to nobody, leaves nothing."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg2
import pytest

from launcher.machine.errors import LaunchError
from launcher.machine.ports import pick_port
from launcher.machine.processes import is_alive, wait_until
from launcher.servers import postgres
from launcher.servers.databases import ensure_databases
from launcher.servers.postgres import PostgresServer, owner_of, running
from tests.fixtures.process_table import (
    LOOPBACK_ADDRESSES,
    listening_addresses,
    processes_of,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a space in its path, below one that only we may enter."""
    closed = tmp_path / "closed to others"
    closed.mkdir(mode=0o700)
    return closed


def server_in(folder: Path, port: int | None = None) -> PostgresServer:
    data, password_file = folder / "postgres", folder / "secrets" / "postgres"
    return PostgresServer(data, password_file, port or pick_port(), throwaway=True)


def run_in(folder: Path, server: PostgresServer) -> postgres.RunningPostgres:
    return postgres.RunningPostgres(server, folder / "log", folder / "pid")


def test_what_was_written_is_there_after_a_second_start(folder: Path) -> None:
    first = server_in(folder)
    with running(first, folder / "log", folder / "pid"), first.connect() as connection:
        connection.cursor().execute("CREATE TABLE kept (n int)")

    second = server_in(folder)
    with (
        running(second, folder / "log", folder / "pid"),
        second.connect() as connection,
    ):
        connection.cursor().execute("SELECT n FROM kept")

    assert processes_of(folder) == {}


def test_it_is_never_root_and_listens_on_loopback_only(folder: Path) -> None:
    server = server_in(folder)

    with running(server, folder / "log", folder / "pid"):
        pid = int((folder / "pid").read_text())
        owner = Path(f"/proc/{pid}").stat().st_uid
        addresses = listening_addresses(server.port)

    assert owner != 0
    assert addresses
    assert addresses <= LOOPBACK_ADDRESSES


def test_its_binaries_may_lie_where_only_we_may_enter(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binaries = postgres._find_binaries()
    copy = folder / "site-packages"
    # Its libraries lie beside the package.
    package = binaries.parents[1]
    for name in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.with_name(name), copy / name)
    copied = copy / package.name / binaries.relative_to(package)
    monkeypatch.setattr(postgres, "_find_binaries", lambda: copied)

    with running(server_in(folder), folder / "log", folder / "pid"):
        pid = int((folder / "pid").read_text())

        assert Path(f"/proc/{pid}/exe").readlink() == copied / "postgres"


def test_nobody_enters_without_the_password(postgres_server: PostgresServer) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(
            host="127.0.0.1", port=postgres_server.port, user="postgres", password="no"
        )


def test_a_folder_in_use_is_refused_with_the_reason(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_HANDOVER_S", 0.2)
    with running(server_in(folder), folder / "log", folder / "pid"):
        owner = owner_of(folder / "postgres")

        with pytest.raises(LaunchError, match=f"in use .* process {owner}"):
            server_in(folder).prepare()

        assert owner_of(folder / "postgres") == owner


def test_a_folder_whose_server_was_killed_starts_again(folder: Path) -> None:
    killed = run_in(folder, server_in(folder))
    os.kill(int((folder / "pid").read_text()), signal.SIGKILL)
    assert wait_until(lambda: processes_of(folder) == {}, 10)
    killed.stop()

    with running(server_in(folder), folder / "log", folder / "pid"):
        assert owner_of(folder / "postgres")


def test_a_stranger_with_the_killed_servers_id_is_left_alone(folder: Path) -> None:
    with running(server_in(folder), folder / "log", folder / "pid"):
        pid_file = folder / "postgres" / "data" / "postmaster.pid"
        content = pid_file.read_text().splitlines()
    stranger = subprocess.Popen(["sleep", "60"])
    pid_file.write_text("\n".join([str(stranger.pid), *content[1:]]) + "\n")

    with running(server_in(folder), folder / "log", folder / "pid"):
        assert is_alive(stranger.pid)

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_start_that_fails_says_what_postgresql_said(
    folder: Path, postgres_server: PostgresServer
) -> None:
    # The port is taken by the server that all tests share.
    server = server_in(folder, postgres_server.port)

    with pytest.raises(LaunchError, match="could not bind"):
        run_in(folder, server)

    assert processes_of(folder) == {}


def test_an_interrupted_first_start_begins_again(folder: Path) -> None:
    half_made = folder / "postgres" / "data.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")

    with running(server_in(folder), folder / "log", folder / "pid"):
        assert not half_made.exists()


def test_a_service_enters_its_own_database_only(folder: Path) -> None:
    server = server_in(folder)

    with running(server, folder / "log", folder / "pid"):
        urls = ensure_databases(server, folder / "secrets")
        again = ensure_databases(server, folder / "secrets")
        dsn = urls["identity"].replace("+psycopg2", "")
        psycopg2.connect(dsn).close()
        for other in ("inventory", "billing", "postgres"):
            with pytest.raises(psycopg2.OperationalError, match="permission denied"):
                psycopg2.connect(dsn.removesuffix("identity") + other)

    assert again == urls
    assert len({url.split(":")[2] for url in urls.values()}) == 3


def test_a_lost_password_file_heals_itself(folder: Path) -> None:
    server = server_in(folder)

    with running(server, folder / "log", folder / "pid"):
        ensure_databases(server, folder / "secrets")
        (folder / "secrets" / "billing").unlink()
        urls = ensure_databases(server, folder / "secrets")

        psycopg2.connect(urls["billing"].replace("+psycopg2", "")).close()
