"""Child processes that never outlive the one that started them."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from launcher.machine.errors import LaunchError

POLL_S = 0.05

_TAIL_LINES = 15


def leashed(
    command: list[str],
    death_signal: str = "KILL",
    options: Iterable[str] = (),
    parent: int | None = None,
) -> list[str]:
    """Make ``command`` get ``death_signal`` when the process that starts it dies.

    The kernel sends it, so it holds for SIGKILL too. It watches the starting *thread*,
    which therefore has to live as long as the child should. ``options`` go to
    setpriv, which runs the command (another user, say). ``parent`` is this process
    unless it is going to be replaced by the command.

    Raises:
        LaunchError: setpriv (of util-linux) is missing.
    """
    # Were the parent gone before the leash held, the child would have a new one.
    check = 'test "$PPID" = "$0" && exec "$@"'
    shell = ["sh", "-c", check, str(parent or os.getpid())]
    leash = [find_setpriv(), "--pdeathsig", death_signal, *options]
    return [*leash, *shell, *command]


def find_setpriv() -> str:
    setpriv = shutil.which("setpriv") or shutil.which("setpriv", path="/usr/sbin:/sbin")
    if setpriv is None:
        raise LaunchError("setpriv is missing. Install the package util-linux.")
    return setpriv


def stop(
    process: subprocess.Popen[bytes], how: signal.Signals, timeout_s: float
) -> None:
    """Stop a child with signal ``how``; kill it after ``timeout_s``."""
    if process.poll() is None:
        process.send_signal(how)
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Poll ``condition`` and return whether it became true within ``timeout_s``."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def is_alive(pid: int) -> bool:
    """Return whether the process exists and has not ended (a zombie has)."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def working_folder(pid: int) -> Path | None:
    """Return a process's working folder; None if it has ended or is another user's."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None


def read_pid(file: Path) -> int | None:
    """Return the first line of ``file`` as a process id; None when there is none."""
    try:
        return int(file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def tail(log: Path) -> str:
    """Return the last lines of a log, to show with an error."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(lines[-_TAIL_LINES:])
