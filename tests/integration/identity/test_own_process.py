"""Identity as a process of its own, the way a developer starts it."""

import base64
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from launcher.machine.keys import ensure_keys
from launcher.machine.processes import leashed, stop, wait_until
from launcher.run.health import problem_of
from launcher.servers.postgres import PostgresServer
from services.identity.service import IdentityService
from shared.clock import SystemClock
from shared.contracts import identity
from shared.contracts.identity.people import VerificationStep
from shared.contracts.identity.verification import documents
from shared.errors import ContractError
from shared.operator import Operator
from shared.rpc.amqp.client import AmqpClient
from shared.rpc.client import CallContext, call
from shared.rpc.readiness import find_missing
from shared.sealed_stream import seal
from shared.settings import read_settings
from shared.storage.folder import FolderStorage
from tests.fixtures.databases import fresh_database
from tests.fixtures.identity.files import photo
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
        "VAR": str(folder),
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


def test_a_document_is_checked_beside_the_calls(client: AmqpClient, log: Path) -> None:
    folder, password = log.parent, "tram under violet elms"
    operator = Operator(client, folder / "keys" / "operator.key", SystemClock())
    user = identity.people.CreateUser(
        email="ada@example.com", name="Ada", password=password
    )
    user_id = operator.call(identity.people.CREATE_USER, user).id
    company = identity.companies.CreateCompany(
        name="Engines",
        address=identity.companies.Address(country="DE"),
        owner_id=user_id,
    )
    operator.call(identity.companies.CREATE_COMPANY, company)
    context = CallContext(request_id="test", timeout_s=_PATIENCE_S)
    log_in = identity.signing_in.LogIn(
        email=user.email, password=password, address="192.0.2.1"
    )
    session = call(client, identity.signing_in.LOG_IN, log_in, context).session
    assert session
    context = replace(context, principal=session.principal)
    begin = documents.BeginDocument(
        step=VerificationStep.IDENTITY_DOCUMENT,
        document_type=documents.DocumentType.PASSPORT,
    )
    upload = call(client, documents.BEGIN_DOCUMENT, begin, context)
    content, name = photo((4000, 3000)), documents.raw_name(upload.document_id)
    bound_to = documents.associated_data(name, upload.subject_id)
    sealed = seal(base64.b64decode(upload.data_key), bound_to, [content])
    storage = folder / "identity-documents"
    FolderStorage(storage).write(name, sealed)
    finish = documents.FinishDocument(
        document_id=upload.document_id,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
    )
    call(client, documents.FINISH_DOCUMENT, finish, context)

    def is_in_review() -> bool:
        asked = documents.GetDocuments()
        found = call(client, documents.GET_DOCUMENTS, asked, context).documents
        return found[0].state is documents.DocumentState.IN_REVIEW

    assert wait_until(is_in_review, _PATIENCE_S), log.read_text()
    assert wait_until(lambda: not list((storage / "raw").iterdir()), _PATIENCE_S)
    assert (storage / documents.remade_name(upload.document_id)).exists()
    (month,) = (folder / "month-keys").iterdir()
    assert month.stat().st_mode & 0o777 == 0o600
