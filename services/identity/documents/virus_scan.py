"""Have files searched for viruses by clamd, if a provider runs one.

The protocol is ``INSTREAM`` of clamd(8): chunks, each with its length in four bytes,
then a length of zero; the answer is one line.
"""

import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.settings import SettingError

TIMEOUT_S = 30.0
_DEFAULT_PORT = 3310
_MAX_ANSWER_BYTES = 4096
_CLEAN, _FOUND = b"stream: OK", b"FOUND"


class ScannerUnavailableError(Exception):
    """The scanner gave no answer about the file."""


@dataclass(frozen=True)
class Scanner:
    """clamd at a TCP address, or at a socket in the file system."""

    address: tuple[str, int] | str
    timeout_s: float = TIMEOUT_S

    def finds_virus(self, content: Iterable[bytes]) -> bool:
        """Return whether a file has a virus; what ``content`` raises is passed on.

        Raises:
            ScannerUnavailableError: ask again later.
        """
        answer = self._ask(content).strip(b"\0\n ")
        if answer.endswith(_FOUND):
            return True
        if answer != _CLEAN:
            raise ScannerUnavailableError(answer[:200].decode(errors="replace"))
        return False

    def _ask(self, content: Iterable[bytes]) -> bytes:
        with self._connect() as connection:
            _send(connection, b"zINSTREAM\0")
            for chunk in content:
                _send(connection, struct.pack(">I", len(chunk)) + chunk)
            _send(connection, struct.pack(">I", 0))
            return _receive(connection)

    def _connect(self) -> socket.socket:
        try:
            if isinstance(self.address, tuple):
                return socket.create_connection(self.address, self.timeout_s)
            return self._connect_locally(self.address)
        except OSError as error:
            raise ScannerUnavailableError(str(error)) from error

    def _connect_locally(self, path: str) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(self.timeout_s)
            connection.connect(path)
        except OSError:
            connection.close()
            raise
        return connection


def read_scanner(url: str) -> Scanner:
    """Read ``CLAMD_URL``: ``tcp://host:3310`` or ``unix:///run/clamd.sock``.

    Raises:
        SettingError: it is neither.
    """
    parts = urlsplit(url)
    if parts.scheme == "tcp" and parts.hostname:
        return Scanner((parts.hostname, parts.port or _DEFAULT_PORT))
    if parts.scheme == "unix" and parts.path and not parts.netloc:
        return Scanner(parts.path)
    raise SettingError(
        f"CLAMD_URL is {url!r}. Set it to tcp://host:3310 or unix:///run/clamd.sock."
    )


def _send(connection: socket.socket, data: bytes) -> None:
    try:
        connection.sendall(data)
    except OSError as error:
        # It answers and closes when a file is larger than it takes.
        raise ScannerUnavailableError(str(error)) from error


def _receive(connection: socket.socket) -> bytes:
    answer = b""
    try:
        while len(answer) < _MAX_ANSWER_BYTES and (part := connection.recv(1024)):
            answer += part
    except OSError as error:
        raise ScannerUnavailableError(str(error)) from error
    return answer
