"""The parcel service, once in this process and once as a nameko process."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from launcher.machine.keys import ensure_pair
from launcher.servers.postgres import PostgresServer
from launcher.servers.rabbitmq import RabbitNode
from shared.clock import SystemClock
from shared.rpc.amqp.client import AmqpClient
from shared.rpc.dispatch import Dispatcher
from shared.rpc.jobs import JobThreads, common_jobs, local_publish
from shared.rpc.local_client import LocalClient
from shared.runtime import Runtime
from tests.contract.parcel.contract import NAME
from tests.contract.parcel.service import ParcelService, make_database
from tests.contract.world import World
from tests.fixtures.breakable_link import breakable_link_to
from tests.fixtures.databases import empty_database
from tests.fixtures.principals import Principals
from tests.fixtures.service_processes import ServiceProcess
from tests.fixtures.vhosts import fresh_vhost

PARCEL = "tests.contract.parcel"
"""The module that runs it."""

_WORKERS = 10


@pytest.fixture(scope="session")
def principals() -> Principals:
    return Principals(datetime.now(UTC))


@pytest.fixture(scope="session")
def local_world(
    postgres_server: PostgresServer, principals: Principals
) -> Iterator[World]:
    with empty_database(postgres_server, "parcel-local") as url:
        database = make_database(url)
        runtime = Runtime(SystemClock(), Random(1))
        service = ParcelService(database, runtime)
        dispatchers = {NAME: Dispatcher(service, principals.verify_key)}
        jobs = JobThreads(common_jobs(service, local_publish(dispatchers)), runtime)
        jobs.start()
        with ThreadPoolExecutor(_WORKERS) as executor:
            world = World(
                lambda: LocalClient(dispatchers, {NAME: executor}), principals, database
            )
            yield world
            world.close()
        jobs.stop()
        database.close()


@pytest.fixture(scope="session")
def keys_folder(
    principals: Principals, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    public = principals.verify_key.public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    (folder / "principal.pub").write_bytes(public)
    ensure_pair(folder, f"{NAME}.event")
    return folder


@pytest.fixture(scope="session")
def parcel_process(
    postgres_server: PostgresServer,
    rabbitmq_server: RabbitNode,
    keys_folder: Path,
) -> Iterator[ServiceProcess]:
    """The service as its operator runs it; every test finds it running."""
    with (
        empty_database(postgres_server, "parcel-amqp") as url,
        fresh_vhost(rabbitmq_server, ParcelService) as amqp_url,
    ):
        process = ServiceProcess(PARCEL, amqp_url, url, keys_folder)
        process.start()
        yield process
        process.stop()


@pytest.fixture
def own_process(
    postgres_server: PostgresServer,
    rabbitmq_server: RabbitNode,
    keys_folder: Path,
) -> Iterator[ServiceProcess]:
    """The service, not yet started, over a link of its own."""
    with (
        empty_database(postgres_server, "parcel-own") as url,
        fresh_vhost(rabbitmq_server, ParcelService) as amqp_url,
        breakable_link_to(amqp_url) as breakable_link,
    ):
        process = ServiceProcess(PARCEL, amqp_url, url, keys_folder, breakable_link)
        yield process
        process.stop()


@pytest.fixture(scope="session")
def amqp_world(
    parcel_process: ServiceProcess, principals: Principals
) -> Iterator[World]:
    database = make_database(parcel_process.database_url)
    world = World(lambda: AmqpClient(parcel_process.amqp_url), principals, database)
    yield world
    world.close()
    database.close()


@pytest.fixture(params=["local", "amqp"])
def world(request: pytest.FixtureRequest) -> World:
    """Either way to call the service; each test runs with both."""
    world: World = request.getfixturevalue(f"{request.param}_world")
    return world
