"""What the contract tests see of a service: a client, principals and its database."""

from collections.abc import Callable
from concurrent.futures import Future
from uuid import UUID, uuid4

from sqlalchemy import func, select

from shared.contract import Method, RequestT, ResponseT
from shared.contracts.identity.memberships import Role
from shared.db.database import Database
from shared.rpc.client import CallContext, ServiceClient
from tests.contract.parcel import contract as c
from tests.contract.parcel.service import SentParcel
from tests.fixtures.principals import Principals

PATIENCE_S = 10.0


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
