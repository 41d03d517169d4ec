"""Configure, start and stop the stack's supervisor.

`supervisord` keeps the programs running: whatever ends is started again, for any
reason and without end. Each program is leashed to it, so that nothing survives it.
"""

import os
import shlex
import signal
import subprocess
import sys
import xmlrpc.client
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import Faults, SupervisorTransport

from launcher.machine.errors import LaunchError
from launcher.machine.files import write_atomically
from launcher.machine.layout import Layout
from launcher.machine.processes import (
    find_setpriv,
    is_alive,
    read_pid,
    tail,
    wait_until,
)

ROOT = Path(__file__).resolve().parents[2]

_START_TIMEOUT_S = 20
_STOP_TIMEOUT_S = 60

_HEAD = """\
[supervisord]
nodaemon = false
{user}pidfile = {pid_file}
logfile = {log_file}
logfile_maxbytes = 5MB
logfile_backups = 2

[unix_http_server]
file = {socket}
chmod = 0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl = unix://{socket}
"""

# With startsecs = 0 no exit counts as a failed start, after which supervisord would
# wait longer and longer and at last give up.
_PROGRAM = """
[program:{name}]
command = {command}
directory = {root}
priority = {priority}
autostart = false
autorestart = true
startsecs = 0
stopsignal = {stop_signal}
stopwaitsecs = 15
killasgroup = true
redirect_stderr = true
stdout_logfile = {log_file}
stdout_logfile_maxbytes = 10MB
stdout_logfile_backups = 2
"""


@dataclass(frozen=True)
class Program:
    """A program; ``priority`` orders the shutdown, the highest number first."""

    name: str
    priority: int
    stop_signal: str = "TERM"


class Supervisor:
    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._config = layout.var / "supervisor.conf"
        self._socket = layout.socket("supervisor")

    def is_running(self) -> bool:
        try:
            with self._rpc() as supervisor:
                supervisor.getPID()
        except (OSError, xmlrpc.client.Error):
            return False
        return True

    def start(self, programs: Iterable[Program], environment: dict[str, str]) -> None:
        """Start supervisord in the background; start programs separately.

        Raises:
            LaunchError: it does not answer.
        """
        self._layout.make_socket_folder("supervisor")
        write_atomically(self._config, self._configuration(programs))
        module = ["-m", "supervisor.supervisord", "-c", str(self._config)]
        done = subprocess.run(
            [sys.executable, *module],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
        )
        if done.returncode or not wait_until(self.is_running, _START_TIMEOUT_S):
            log = done.stdout + done.stderr + tail(self._layout.log_file("supervisord"))
            raise LaunchError(f"supervisord did not start:\n{log}")

    def ensure_started(self, name: str) -> None:
        with self._rpc() as supervisor:
            try:
                supervisor.startProcess(name, False)
            except xmlrpc.client.Fault as fault:
                if fault.faultCode != Faults.ALREADY_STARTED:
                    raise

    def stop(self) -> bool:
        """Stop supervisord and all programs; return whether it was running.

        Also wait for programs that a killed supervisord left behind.
        """
        pid = read_pid(self._layout.pid_file("supervisord"))
        running = pid is not None and self._is_ours(pid)
        if pid is not None and running:
            os.kill(pid, signal.SIGTERM)
            if not wait_until(lambda: not is_alive(pid), _STOP_TIMEOUT_S):
                os.kill(pid, signal.SIGKILL)
        self.forget_ended()
        return running

    def forget_ended(self) -> None:
        """Wait until all programs of a stopped supervisord ended; remove their pids.

        Raises:
            LaunchError: one does not end.
        """
        for file in self._layout.run.glob("*.pid"):
            self._wait_for_end(read_pid(file))
            file.unlink(missing_ok=True)

    def _wait_for_end(self, pid: int | None) -> None:
        if pid and not wait_until(lambda: not self._is_ours(pid), _STOP_TIMEOUT_S):
            raise LaunchError(
                f"Process {pid} of {self._layout.var} did not stop. "
                f"End it with kill {pid}, then try again."
            )

    def _is_ours(self, pid: int) -> bool:
        """Return whether the process is of this $VAR and not a reused id."""
        if not is_alive(pid):
            return False
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False
        var = os.fsencode(self._layout.var)
        return b"VAR=" + var in environment or var in command

    @contextmanager
    def _rpc(self) -> Iterator[Any]:
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        with closing(transport):
            # The address is only there because ServerProxy wants one.
            yield xmlrpc.client.ServerProxy("http://localhost", transport).supervisor

    def _configuration(self, programs: Iterable[Program]) -> str:
        head = _HEAD.format(
            user="user = root\n" if os.geteuid() == 0 else "",
            pid_file=_escape(self._layout.pid_file("supervisord")),
            log_file=_escape(self._layout.log_file("supervisord")),
            socket=_escape(self._socket),
        )
        return head + "".join(self._section(program) for program in programs)

    def _section(self, program: Program) -> str:
        module = ["-m", "launcher.run.program", program.name]
        command = [find_setpriv(), "--pdeathsig", "KILL", sys.executable, *module]
        return _PROGRAM.format(
            name=program.name,
            command=_escape(shlex.join(command)),
            root=_escape(ROOT),
            priority=program.priority,
            stop_signal=program.stop_signal,
            log_file=_escape(self._layout.log_file(program.name)),
        )


def _escape(value: object) -> str:
    return str(value).replace("%", "%%")
