"""PostgreSQL and RabbitMQ of one installation, at the ports that it keeps."""

from launcher.machine.errors import LaunchError
from launcher.machine.layout import Layout
from launcher.machine.ports import keep_port, read_port
from launcher.servers.postgres import PostgresServer, refuse_if_in_use
from launcher.servers.rabbitmq import RabbitNode, RabbitPorts

_PORTS = ("postgres", "rabbitmq", "rabbitmq-distribution", "epmd")


def choose_ports(layout: Layout) -> None:
    """Keep a free port for each listener, while none of them is running.

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


def _port(layout: Layout, name: str) -> int:
    port = read_port(layout.port_file(name))
    if port is None:
        raise LaunchError(f"no port was chosen: {layout.port_file(name)} is missing")
    return port
