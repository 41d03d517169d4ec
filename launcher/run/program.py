"""Become one of the stack's processes: ``python -m launcher.run.program <name>``.

The supervisor starts each program through this module, which stays the same process:
it writes the process id, prepares what the program needs, and replaces itself. What
is not the program's own stays behind: root's power, too, where root started it.
"""

import os
import sys
from collections.abc import Mapping
from typing import NoReturn

from launcher.machine.accounts import account_of
from launcher.machine.files import make_folder, write_atomically
from launcher.machine.layout import Layout
from launcher.machine.processes import find_setpriv, leashed, read_pid
from launcher.run.credentials import CODE, copy_keys, environment_of
from launcher.run.document_folders import prepare_document_folders, prepare_month_keys
from launcher.servers.databases import SERVICES
from launcher.servers.infrastructure import (
    give_certificate,
    postgres_of,
    proxy_of,
    rabbitmq_of,
)
from shared.settings import Settings, read_settings
from web.settings import WORKERS_FOLDER
from web.site.security import MAX_FORM_BYTES

_MODULES = {
    **{service: f"services.{service}" for service in SERVICES},
    "sandbox": "launcher.sandbox",
}
_FIRST_FREE_PORT = 1024


def main() -> None:
    name = sys.argv[1]
    settings = read_settings()
    layout = Layout(settings.var)
    supervisor = read_pid(layout.pid_file("supervisord"))
    if os.getppid() != supervisor:
        sys.exit("the supervisor is gone")
    write_atomically(layout.pid_file(name), f"{os.getpid()}\n", 0o644)
    match name:
        case "postgres":
            _become_postgres(layout)
        case "rabbitmq":
            _become_rabbitmq(layout)
        case "proxy":
            _become_proxy(layout, settings)
        case _:
            _become_module(name, settings, layout)


def _become_postgres(layout: Layout) -> NoReturn:
    server = postgres_of(layout)
    server.prepare()
    os.chdir(server.folder)
    command = server.command(parent=os.getppid())
    os.execve(command[0], command, server.environment())


def _become_rabbitmq(layout: Layout) -> NoReturn:
    node = rabbitmq_of(layout)
    node.prepare()
    account = account_of("rabbitmq")
    account.own(node.folder)
    os.chdir(node.folder)
    options = account.options([node.folder])
    _replace(node.command(parent=os.getppid()), options, node.environment())


def _become_proxy(layout: Layout, settings: Settings) -> NoReturn:
    give_certificate(layout, settings)
    proxy = proxy_of(layout, settings, MAX_FORM_BYTES)
    proxy.prepare()
    account = account_of("proxy")
    account.own(proxy.folder)
    os.chdir(proxy.folder)
    low = ["net_bind_service"] if settings.port < _FIRST_FREE_PORT else []
    options = account.options([proxy.folder, layout.socket("web").parent], low)
    _replace(proxy.command(parent=os.getppid()), options, proxy.environment())


def _become_module(name: str, settings: Settings, layout: Layout) -> NoReturn:
    account, keys = account_of(name), layout.keys_folder(name)
    copy_keys(name, settings.keys_dir, keys)
    account.own(keys)
    environment = environment_of(name, settings.environment, keys)
    if name in {"identity", "web"}:
        prepare_document_folders(settings)
    if name == "identity":
        prepare_month_keys(settings)
    if name == "web":
        environment |= _prepare_web(layout)
    if name == "sandbox":
        account.own(make_folder(settings.var / "sandbox"))
    options = account.options([*CODE, keys])
    module = [sys.executable, "-m", _MODULES.get(name, name)]
    _replace(leashed(module, parent=os.getppid()), options, environment)


def _prepare_web(layout: Layout) -> dict[str, str]:
    """Make the socket's folder accessible to the group, so to the proxy."""
    folder = layout.socket("web").parent
    folder.chmod(0o710)
    account_of("web").own(folder)
    return {WORKERS_FOLDER: str(folder / "workers")}


def _replace(
    command: list[str], options: list[str], environment: Mapping[str, str]
) -> NoReturn:
    """Become the command, with setpriv's options for the account."""
    if options:
        command = [find_setpriv(), *options, *command]
    os.execve(command[0], command, environment)


if __name__ == "__main__":
    main()
