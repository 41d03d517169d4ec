"""The layout of $VAR."""

import os
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from launcher.machine.errors import LaunchError
from launcher.machine.files import make_folder

_MAX_SOCKET_PATH = 80  # bytes; the system allows 107, and workers have longer ones


@dataclass(frozen=True)
class Layout:
    var: Path

    def make(self) -> None:
        for folder in (self.run, self.log, self.secrets):
            make_folder(folder)
        if os.geteuid() == 0:
            # Programs with accounts of their own pass it to what is theirs.
            self.run.chmod(0o711)

    @property
    def run(self) -> Path:
        return self.var / "run"

    @property
    def log(self) -> Path:
        return self.var / "log"

    @property
    def secrets(self) -> Path:
        """Passwords and cookies of our own PostgreSQL and RabbitMQ."""
        return self.var / "secrets"

    def keys_folder(self, program: str) -> Path:
        """Return the folder with one program's copies of keys."""
        return self.run / "keys" / program

    def pid_file(self, name: str) -> Path:
        return self.run / f"{name}.pid"

    def port_file(self, name: str) -> Path:
        return self.run / f"{name}.port"

    def socket(self, name: str) -> Path:
        """Return a socket's path in $VAR, or below /tmp if it would be too long."""
        path = self.run / name / "socket"
        if len(os.fsencode(path)) <= _MAX_SOCKET_PATH:
            return path
        digest = sha256(os.fsencode(self.var)).hexdigest()[:16]
        folder = f"client-area-{os.geteuid()}-{digest}"
        return Path(tempfile.gettempdir()) / folder / name / "socket"

    def make_socket_folder(self, name: str) -> None:
        """Make the folder of `socket`.

        Raises:
            LaunchError: another user owns its parent folder.
        """
        folder = self.socket(name).parent
        if make_folder(folder.parent, 0o711).stat().st_uid != os.geteuid():
            raise LaunchError(
                f"{folder.parent} belongs to another user. Ask them to remove it."
            )
        make_folder(folder)

    def log_file(self, name: str) -> Path:
        return self.log / f"{name}.log"
