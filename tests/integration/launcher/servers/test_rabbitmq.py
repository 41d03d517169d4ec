"""RabbitMQ of our own: private, and gone when its process is."""

import signal
import subprocess
from pathlib import Path

import pika
import pika.exceptions
import pytest

from launcher.machine.ports import pick_port
from launcher.machine.processes import stop, wait_until
from launcher.servers.rabbitmq import START_TIMEOUT_S, RabbitNode, RabbitPorts
from tests.fixtures.process_table import (
    LOOPBACK_ADDRESSES,
    listening_addresses,
    processes_of,
)


def test_everything_listens_on_loopback_only(rabbitmq_server: RabbitNode) -> None:
    ports = rabbitmq_server.ports

    for port in (ports.amqp, ports.distribution, ports.epmd):
        addresses = listening_addresses(port)
        assert addresses
        assert addresses <= LOOPBACK_ADDRESSES


def test_rabbitmqs_guest_is_refused(rabbitmq_server: RabbitNode) -> None:
    port = rabbitmq_server.ports.amqp
    guest = pika.URLParameters(f"amqp://guest:guest@127.0.0.1:{port}")

    with pytest.raises(pika.exceptions.ProbableAuthenticationError):
        pika.BlockingConnection(guest)


def test_a_node_runs_beside_others_and_ends_whole_when_it_is_killed(
    tmp_path: Path, rabbitmq_server: RabbitNode
) -> None:
    folder = tmp_path / "with a space"
    ports = RabbitPorts(pick_port(), pick_port(), pick_port())
    node = RabbitNode(folder, tmp_path / "secrets" / "rabbitmq", ports)
    node.prepare()
    process = subprocess.Popen(
        node.command(),
        cwd=node.folder,
        env=node.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert wait_until(node.is_ready, START_TIMEOUT_S)
    assert len(processes_of(folder)) > 1  # epmd and Erlang's own, beside the broker

    stop(process, signal.SIGKILL, 10)

    assert wait_until(lambda: processes_of(folder) == {}, 10), processes_of(folder)
    assert rabbitmq_server.is_ready()
