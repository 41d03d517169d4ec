"""One installation's PostgreSQL, RabbitMQ and proxy, on their fixed ports."""

from pathlib import Path

from launcher.machine.accounts import account_of
from launcher.machine.errors import LaunchError
from launcher.machine.files import make_folder, write_atomically
from launcher.machine.layout import Layout
from launcher.machine.ports import keep_port, read_port
from launcher.servers.postgres import PostgresServer, refuse_if_in_use
from launcher.servers.proxy import Certificate, Proxy
from launcher.servers.rabbitmq import RabbitNode, RabbitPorts
from shared.settings import Settings

_PORTS = ("postgres", "rabbitmq", "rabbitmq-distribution", "epmd")


def choose_ports(layout: Layout) -> None:
    """Choose a free port for each listener while none of them is running.

    Raises:
        LaunchError: another instance works on this $VAR.
    """
    refuse_if_in_use(layout.var / "postgres")
    for name in _PORTS:
        keep_port(layout.port_file(name))


def postgres_of(layout: Layout) -> PostgresServer:
    folder, password_file = layout.var / "postgres", layout.secrets / "postgres"
    return PostgresServer(folder, password_file, _port(layout, "postgres"))


def rabbitmq_of(layout: Layout) -> RabbitNode:
    ports = RabbitPorts(
        amqp=_port(layout, "rabbitmq"),
        distribution=_port(layout, "rabbitmq-distribution"),
        epmd=_port(layout, "epmd"),
    )
    return RabbitNode(layout.var / "rabbitmq", layout.secrets / "rabbitmq", ports)


def proxy_of(layout: Layout, settings: Settings, body_bytes: int) -> Proxy:
    """Return the proxy; ``settings`` have the port and address for customers."""
    folder, web = layout.var / "proxy", f"unix:{layout.socket('web')}"
    return Proxy(folder, settings, web, body_bytes, _certificate(layout, settings))


def give_certificate(layout: Layout, settings: Settings) -> None:
    """Copy the current certificate for the proxy, if there is one."""
    copy = _certificate(layout, settings)
    if copy is None:
        return
    folder = make_folder(copy.key.parent)
    for variable, file in (("TLS_CERTIFICATE", copy.chain), ("TLS_KEY", copy.key)):
        try:
            content = Path(settings.environment[variable]).read_bytes()
        except OSError as error:
            raise LaunchError(f"{variable} can't be read: {error}") from error
        write_atomically(file, content)
    account_of("proxy").own(folder)


def _certificate(layout: Layout, settings: Settings) -> Certificate | None:
    if not settings.has_tls:
        return None
    folder = layout.keys_folder("proxy")
    return Certificate(folder / "certificate.pem", folder / "certificate.key")


def _port(layout: Layout, name: str) -> int:
    port = read_port(layout.port_file(name))
    if port is None:
        raise LaunchError(
            f"{layout.port_file(name)} is missing. Start the stack with make stack."
        )
    return port
