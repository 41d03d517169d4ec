"""Run our own RabbitMQ node, in its own folder, without root.

Everything listens on the loopback interface only: the node, its distribution port and
its own epmd. The broker's process takes epmd with it when it ends, and itself dies
with the process that started it.
"""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pika
import pika.exceptions

from launcher.machine.errors import LaunchError
from launcher.machine.files import keep_secret, make_folder, write_atomically
from launcher.machine.ports import LOOPBACK
from launcher.machine.processes import leashed
from launcher.servers.databases import SERVICES

ADMINISTRATOR = "client-area"
"""Sets the broker up; no process has this account."""
NAMEKO = "nameko"
"""The account of nameko's own clients."""
PROCESSES = (*SERVICES, "web", "operator", "health")
"""All others with an account of their own, which has their name."""
START_TIMEOUT_S = 90

# The command in /usr/sbin switches to another user, so the script below it comes first.
_SERVER_SCRIPTS = ("/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server")
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# epmd's shell becomes a child of the process that turns into the broker. Each dies with
# its parent; until then epmd is started again, as the broker would not.
_WITH_EPMD = (
    "setpriv --pdeathsig KILL sh -c 'while :; do "
    'setpriv --pdeathsig KILL epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1; '
    """sleep 1; done' & exec "$0\""""
)


def amqp_variable(process: str) -> str:
    """Return the setting with the broker's URL for one process."""
    return f"{process.upper()}_AMQP_URL"


@dataclass(frozen=True)
class RabbitPorts:
    amqp: int
    distribution: int
    epmd: int
    management: int | None = None
    """The HTTP API's; None where it is not wanted."""


class RabbitNode:
    def __init__(self, folder: Path, password_file: Path, ports: RabbitPorts) -> None:
        self.folder = folder
        self.ports = ports
        self._password_file = password_file

    def url(self, vhost: str = "/", account: str = ADMINISTRATOR) -> str:
        address = f"{LOOPBACK}:{self.ports.amqp}"
        credentials = f"{account}:{self.password(account)}"
        return f"amqp://{credentials}@{address}/{quote(vhost, safe='')}"

    def password(self, account: str = ADMINISTRATOR) -> str:
        file = self._password_file
        if account != ADMINISTRATOR:
            file = file.with_name(f"{file.name}-{account}")
        return keep_secret(file)

    def prepare(self, definitions: Mapping[str, Any] | None = None) -> None:
        """Write the node's configuration, and its cookie on first use.

        ``definitions`` hold from its next boot on, and until there are others.
        """
        make_folder(self.folder)
        if definitions is not None:
            write_atomically(self._definitions_file, json.dumps(definitions))
        write_atomically(self.folder / "rabbitmq.conf", self._configuration())
        plugins = "rabbitmq_management" if self.ports.management else ""
        write_atomically(self.folder / "enabled_plugins", f"[{plugins}].\n")
        # Erlang would make a cookie that can be guessed.
        cookie = keep_secret(self._password_file.with_name("erlang-cookie"))
        write_atomically(self.folder / ".erlang.cookie", cookie, 0o400)

    def environment(self) -> dict[str, str]:
        """Return the environment for `command`; rabbitmqctl works with it, too."""
        folder = self.folder
        return {
            "PATH": os.environ.get("PATH", "") + os.pathsep + _SYSTEM_PATH,
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "ERL_EPMD_PORT": str(self.ports.epmd),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "RABBITMQ_NODENAME": "client-area@localhost",
            "RABBITMQ_DIST_PORT": str(self.ports.distribution),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}"
            ),
            # Makes the script become the broker instead of waiting for it.
            "RUNNING_UNDER_SYSTEMD": "true",
        }

    def command(self, parent: int | None = None) -> list[str]:
        """Return the broker's command, leashed to its parent (see `leashed`)."""
        return leashed(["sh", "-c", _WITH_EPMD, find_server()], parent=parent)

    def is_ready(self) -> bool:
        parameters = pika.URLParameters(self.url())
        parameters.socket_timeout = parameters.blocked_connection_timeout = 3
        try:
            pika.BlockingConnection(parameters).close()
        except (pika.exceptions.AMQPError, OSError):
            return False
        return True

    @property
    def _definitions_file(self) -> Path:
        return self.folder / "definitions.json"

    def _configuration(self) -> str:
        # The default user exists instead of RabbitMQ's guest, from the first boot on.
        settings = {
            "listeners.tcp.1": f"{LOOPBACK}:{self.ports.amqp}",
            "default_user": ADMINISTRATOR,
            "default_pass": self.password(),
            "log.console": "true",
            "log.file": "false",
        }
        if self._definitions_file.exists():
            settings["load_definitions"] = str(self._definitions_file)
        if self.ports.management:
            settings["management.tcp.ip"] = LOOPBACK
            settings["management.tcp.port"] = str(self.ports.management)
        return "".join(f"{name} = {value}\n" for name, value in settings.items())


def find_server() -> str:
    """Return the command that starts a broker.

    Raises:
        LaunchError: RabbitMQ is not installed.
    """
    for script in _SERVER_SCRIPTS:
        found = shutil.which(script) or shutil.which(script, path=_SYSTEM_PATH)
        if found:
            return found
    raise LaunchError("RabbitMQ is missing. Install the package rabbitmq-server.")
