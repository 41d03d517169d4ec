"""Where things are under $VAR."""

from dataclasses import dataclass
from pathlib import Path

from launcher.machine.files import make_folder


@dataclass(frozen=True)
class Layout:
    var: Path

    def make(self) -> None:
        for folder in (self.run, self.log, self.secrets):
            make_folder(folder)

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
        """What one program of the stack is given of the installation's keys."""
        return self.run / "keys" / program

    def pid_file(self, name: str) -> Path:
        return self.run / f"{name}.pid"

    def port_file(self, name: str) -> Path:
        return self.run / f"{name}.port"

    def log_file(self, name: str) -> Path:
        return self.log / f"{name}.log"
