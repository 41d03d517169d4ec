"""Turns into one of the stack's processes: ``python -m launcher.run.program <name>``.

The supervisor starts each program through this module, which stays the same process:
it writes the process id, prepares what the program needs, and replaces itself. What
is not the program's own stays behind.
"""

import os
import sys
from pathlib import Path
from typing import NoReturn

from launcher.machine.files import write_atomically
from launcher.machine.layout import Layout
from launcher.machine.processes import read_pid
from launcher.run.credentials import environment_of, give_keys
from launcher.servers.databases import SERVICES
from launcher.servers.infrastructure import postgres_of, rabbitmq_of
from shared.settings import Settings, read_settings

_MODULES = {
    **{service: f"services.{service}" for service in SERVICES},
    "sandbox": "launcher.sandbox",
}


def main() -> None:
    name = sys.argv[1]
    settings = read_settings()
    layout = Layout(settings.var)
    supervisor = read_pid(layout.pid_file("supervisord"))
    if os.getppid() != supervisor:
        sys.exit("the supervisor is gone")
    write_atomically(layout.pid_file(name), f"{os.getpid()}\n", 0o644)
    become = {"postgres": _become_postgres, "rabbitmq": _become_rabbitmq}
    if name in become:
        become[name](layout)
    _become_module(name, settings, layout.keys_folder(name))


def _become_postgres(layout: Layout) -> NoReturn:
    server = postgres_of(layout)
    server.prepare()
    os.chdir(server.folder)
    command = server.command(parent=os.getppid())
    os.execve(command[0], command, server.environment())


def _become_rabbitmq(layout: Layout) -> NoReturn:
    node = rabbitmq_of(layout)
    node.prepare()
    os.chdir(node.folder)
    command = node.command(parent=os.getppid())
    os.execve(command[0], command, node.environment())


def _become_module(name: str, settings: Settings, keys: Path) -> NoReturn:
    module = _MODULES.get(name, name)
    give_keys(name, settings.keys_dir, keys)
    environment = environment_of(name, settings.environment, keys)
    os.execve(sys.executable, [sys.executable, "-m", module], environment)


if __name__ == "__main__":
    main()
