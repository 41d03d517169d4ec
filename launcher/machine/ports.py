"""Free ports on the loopback interface, kept from one start to the next."""

import random
import socket
from pathlib import Path

from launcher.machine.errors import LaunchError
from launcher.machine.files import write_atomically

LOOPBACK = "127.0.0.1"

_LOWEST = 15_000
_EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_ATTEMPTS = 200


def is_free(port: int) -> bool:
    """Return whether ``port`` of the loopback interface is free.

    Browsers try IPv6 first for localhost, so a stranger must not be there either.
    """
    if not _can_bind(socket.AF_INET, LOOPBACK, port):
        return False
    return not _has_ipv6() or _can_bind(socket.AF_INET6, "::1", port)


def pick_port() -> int:
    """Find a free port below those that the system gives to outgoing connections.

    One of those could be taken by a stranger's connection while its server restarts.
    """
    highest = _ephemeral_start() - 1
    for _ in range(_ATTEMPTS):
        port = random.randint(_LOWEST, highest)  # noqa: S311  nothing secret in it
        if is_free(port):
            return port
    raise LaunchError(f"No free port between {_LOWEST} and {highest}.")


def keep_port(file: Path, preferred: int | None = None) -> int:
    """Choose a free port and keep it in ``file``.

    The first free one of: ``preferred``, what ``file`` holds, any other.
    """
    candidates = (preferred, read_port(file))
    port = next((p for p in candidates if p and is_free(p)), None) or pick_port()
    write_atomically(file, f"{port}\n")
    return port


def read_port(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (FileNotFoundError, ValueError):
        return None


def _can_bind(family: socket.AddressFamily, host: str, port: int) -> bool:
    with socket.socket(family) as probe:
        # As servers do: ignore connections of a server that has just ended.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _has_ipv6() -> bool:
    return socket.has_ipv6 and _can_bind(socket.AF_INET6, "::1", 0)


def _ephemeral_start() -> int:
    try:
        return int(_EPHEMERAL_RANGE.read_text().split()[0])
    except (OSError, ValueError):
        return 32_768
