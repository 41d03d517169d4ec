"""What the contract tests see of a service: a client, principals and its database."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import func, select

from launcher.processes import leashed, stop, wait_until
from shared.amqp_client import AmqpClient
from shared.client import CallContext, ServiceClient
from shared.contract import Method, RequestT, ResponseT
from shared.contracts.identity import Role
from shared.database import Database
from shared.readiness import find_missing
from tests.contract.cable import Cable
from tests.contract.parcel import contract as c
from tests.contract.parcel.service import SentParcel
from tests.fixtures.principals import Principals

PATIENCE_S = 10.0
START_S = 30.0
_ROOT = Path(__file__).parents[2]


class World:
    def __init__(
        self,
        make_client: Callable[[], ServiceClient],
        principals: Principals,
        database: Database,
    ) -> None:
        self.make_client = make_client
        self.client = make_client()
        self.principals = principals
        self.database = database

    def owner(self, company_id: UUID | None = None) -> str:
        """The token of an owner, of a company of their own unless one is given."""
        return self.principals.user(Role.OWNER, company_id or uuid4())

    def start(
        self,
        method: Method[RequestT, ResponseT],
        request: RequestT,
        *,
        principal: str | None = None,
        key: str | None = None,
        timeout_s: float = PATIENCE_S,
        request_id: str = "test",
    ) -> Future[ResponseT]:
        context = CallContext(
            request_id=request_id,
            principal=principal,
            idempotency_key=key,
            timeout_s=timeout_s,
        )
        return self.client.start(method, request, context)

    def call(
        self,
        method: Method[RequestT, ResponseT],
        request: RequestT,
        *,
        principal: str | None = None,
        key: str | None = None,
        timeout_s: float = PATIENCE_S,
        request_id: str = "test",
    ) -> ResponseT:
        return self.start(
            method,
            request,
            principal=principal,
            key=key,
            timeout_s=timeout_s,
            request_id=request_id,
        ).result(PATIENCE_S)

    def send(self, label: str, principal: str, key: str | None = None) -> c.Sent:
        return self.call(
            c.SEND,
            c.Send(label=label),
            principal=principal,
            key=key or str(uuid4()),
        )

    def received(self, principal: str) -> list[str]:
        """What the event handler has taken in for the principal's company."""
        return self.call(c.LIST_RECEIVED, c.ListSent(), principal=principal).labels

    def count_sent(self, label: str) -> int:
        with self.database.system() as session:
            count = select(func.count()).where(SentParcel.label == label)
            return session.scalars(count).one()

    def close(self) -> None:
        self.client.close()


class ParcelProcess:
    """The service as `python -m tests.contract.parcel`, leashed to the test run.

    Over ``cable``, where there is one, runs the service's connection to the broker.
    """

    def __init__(
        self, amqp_url: str, database_url: str, keys: Path, cable: Cable | None = None
    ) -> None:
        self.amqp_url = amqp_url
        self.database_url = database_url
        self.cable = cable
        self._keys = keys
        self._log = keys / f"parcel-{uuid4()}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def begin(self) -> None:
        environment = {
            **os.environ,
            "AMQP_URL": self.cable.url if self.cable else self.amqp_url,
            "KEYS_DIR": str(self._keys),
            "PARCEL_DATABASE_URL": self.database_url,
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                leashed([sys.executable, "-m", "tests.contract.parcel"]),
                cwd=_ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )

    def start(self) -> None:
        self.begin()
        self.wait_until_served()

    def wait_until_served(self) -> None:
        with closing(AmqpClient(self.amqp_url)) as client:
            served = wait_until(
                lambda: not find_missing(client, [c.CONTRACT], "test"), START_S
            )
        assert served, self.log

    def tell_to_stop(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGTERM)

    def wait_for_end(self) -> int:
        """The exit status."""
        assert self._process
        return self._process.wait(PATIENCE_S)

    def stop(self) -> None:
        if self._process:
            stop(self._process, signal.SIGTERM, PATIENCE_S)
