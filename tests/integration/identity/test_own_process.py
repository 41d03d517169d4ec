"""Identity as a process of its own, the way a developer starts it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from launcher.machine.keys import ensure_keys
from launcher.machine.processes import leashed, stop, wait_until
from launcher.run.health import problem_of
from launcher.servers.postgres import PostgresServer
from services.identity.service import IdentityService
from shared.contracts import identity
from shared.errors import ContractError
from shared.rpc.amqp.client import AmqpClient
from shared.rpc.client import CallContext, call
from shared.rpc.readiness import find_missing
from shared.settings import read_settings
from tests.fixtures.databases import fresh_database
from tests.fixtures.topologies import lay_out

_ROOT = Path(__file__).parents[3]
_PATIENCE_S = 30.0


@pytest.fixture(scope="module")
def database_url(postgres_server: PostgresServer) -> Iterator[str]:
    with fresh_database(postgres_server, "identity") as url:
        yield url


@pytest.fixture(scope="module")
def log(
    amqp_url: str, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The log of a running service; one for all tests, as it takes long to start."""
    lay_out(amqp_url, [IdentityService])
    folder = tmp_path_factory.mktemp("identity")
    ensure_keys(folder / "keys")
    environment = {
        **os.environ,
        "AMQP_URL": amqp_url,
        "IDENTITY_DATABASE_URL": database_url,
        "KEYS_DIR": str(folder / "keys"),
    }
    log = folder / "identity.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            leashed([sys.executable, "-m", "services.identity"]),
            cwd=_ROOT,
            env=environment,
            stdout=output,
            stderr=output,
        )
    yield log
    stop(process, signal.SIGTERM, _PATIENCE_S)


@pytest.fixture
def client(amqp_url: str, log: Path) -> Iterator[AmqpClient]:
    client = AmqpClient(amqp_url)
    contracts = [identity.CONTRACT]
    assert wait_until(
        lambda: not find_missing(client, contracts, "test"), _PATIENCE_S
    ), log.read_text()
    yield client
    client.close()


def test_its_health_check_finds_it_well(client: AmqpClient, amqp_url: str) -> None:
    assert not problem_of(identity.CONTRACT.name, read_settings({"AMQP_URL": amqp_url}))


def test_passwords_are_checked_side_by_side_and_logged_nowhere(
    client: AmqpClient, log: Path
) -> None:
    def log_in(number: int) -> str:
        email = f"user{number}@example.com"
        request = identity.signing_in.LogIn(
            email=email, password="secret-of-the-user", address="192.0.2.1"
        )
        context = CallContext(request_id="test", timeout_s=_PATIENCE_S)
        with pytest.raises(ContractError) as refusal:
            call(client, identity.signing_in.LOG_IN, request, context)
        return refusal.value.code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(log_in, range(8)))

    assert answers == ["wrong_credentials"] * 8
    logged = log.read_text()
    assert logged.count('"outcome": "wrong_credentials"') == 8
    assert "example.com" not in logged
    assert "secret-of-the-user" not in logged
    assert "192.0.2.1" not in logged
