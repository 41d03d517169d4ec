"""What every test may ask for: databases, a broker, a browser."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright
from xdist.scheduler import LoadFileScheduling

from launcher.run.system_packages import ensure_chromium
from launcher.servers.postgres import PostgresServer
from launcher.servers.rabbitmq import RabbitNode
from tests.fixtures.databases import fresh_database
from tests.fixtures.logs import use_plain_tracebacks
from tests.fixtures.properties import examples, register_profiles, use_seed
from tests.fixtures.servers import OwnServers, Servers, SharedServers
from tests.fixtures.vhosts import fresh_vhost

_SERVERS = pytest.StashKey[OwnServers]()
_SOCKET = "servers_socket"
_LONG_S = 1800

pytest_plugins = ["tests.fixtures.run_times"]
register_profiles()
use_plain_tracebacks()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", help="keep pictures of the pages in this folder")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    is_long = examples(1) > 1
    for item in items:
        if is_long and "property" in item.keywords:
            item.add_marker(pytest.mark.timeout(_LONG_S))


class ByFile(LoadFileScheduling):  # type: ignore[misc]  # untyped
    """A worker takes a whole file, as its tests share what they start.

    Faults start and kill stacks of their own, and have the machine's time measured:
    one after the other.
    """

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "faults" if file.startswith("tests/faults/") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


def pytest_configure(config: pytest.Config) -> None:
    use_seed(config.getoption("--hypothesis-seed"))
    if not hasattr(config, "workerinput"):
        config.stash[_SERVERS] = OwnServers()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput[_SOCKET] = node.config.stash[_SERVERS].listen()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _SERVERS in config.stash:
        config.stash[_SERVERS].close()


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Servers:
    if _SERVERS in pytestconfig.stash:
        return pytestconfig.stash[_SERVERS]
    workerinput: dict[str, Any] = pytestconfig.workerinput  # type: ignore[attr-defined]
    return SharedServers(workerinput[_SOCKET])


@pytest.fixture(scope="session")
def postgres_server(servers: Servers) -> PostgresServer:
    server = servers.ask("postgres")
    assert isinstance(server, PostgresServer)
    return server


@pytest.fixture(scope="session")
def rabbitmq_server(servers: Servers) -> RabbitNode:
    server = servers.ask("rabbitmq")
    assert isinstance(server, RabbitNode)
    return server


@pytest.fixture
def new_database(postgres_server: PostgresServer) -> Iterator[Callable[[str], str]]:
    """Makes a migrated, empty database of the named service; returns its URL."""
    with ExitStack() as databases:
        yield lambda service: databases.enter_context(
            fresh_database(postgres_server, service)
        )


@pytest.fixture
def identity_database_url(new_database: Callable[[str], str]) -> str:
    return new_database("identity")


@pytest.fixture
def inventory_database_url(new_database: Callable[[str], str]) -> str:
    return new_database("inventory")


@pytest.fixture
def billing_database_url(new_database: Callable[[str], str]) -> str:
    return new_database("billing")


@pytest.fixture(scope="module")
def amqp_url(rabbitmq_server: RabbitNode) -> Iterator[str]:
    """A virtual host of the test module's own."""
    with fresh_vhost(rabbitmq_server) as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium."""
    return ensure_chromium()


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium per worker; Playwright runs only once in a process."""
    arguments = ["--no-sandbox", "--disable-background-networking"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield launched
        launched.close()
