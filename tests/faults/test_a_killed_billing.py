"""Billing killed at each point of a top-up: nothing is lost, nothing is doubled."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from launcher.machine.keys import ensure_keys
from services.billing.gateways.sandbox import SIGNATURE_HEADER, sign
from services.billing.service import BillingService
from shared.contract import Effect, Method, RequestT, ResponseT
from shared.contracts.billing.payments import (
    TAKE_PAYMENT_NOTICE,
    GatewayName,
    PaymentNotice,
    PaymentState,
)
from shared.contracts.billing.top_ups import (
    BEGIN_TOP_UP,
    GET_TOP_UP,
    QUOTE_TOP_UP,
    START_PAYMENT,
    BeginTopUp,
    GetTopUp,
    QuoteTopUp,
    StartPayment,
    TopUp,
    TopUpState,
)
from shared.contracts.identity.memberships import Role
from shared.db.database import Database
from shared.errors import Unavailable
from shared.rpc.amqp.client import AmqpClient
from shared.rpc.client import CallContext, call
from tests.fixtures.billing.harness import BillingHarness, money
from tests.fixtures.properties import new_random
from tests.fixtures.sandbox import SECRET, Sandbox, sandbox
from tests.fixtures.service_processes import ServiceProcess
from tests.fixtures.topologies import lay_out

PATIENCE_S = 60.0
POINTS_AT_LEAST, POINTS_AT_MOST = 40, 150


@dataclass
class Customer:
    """Tops up once, and tries again like a person while billing does not answer."""

    harness: BillingHarness
    client: AmqpClient
    billing: ServiceProcess
    sandbox: Sandbox
    user_id: UUID = field(default_factory=uuid4)
    key: str = field(default_factory=lambda: str(uuid4()))
    was_killed: bool = False

    def top_up(self) -> TopUp:
        quote = self._insist(QUOTE_TOP_UP, QuoteTopUp(net=money("100.00")))
        begin = BeginTopUp(
            net=quote.net, digest=quote.digest, gateway=GatewayName.SANDBOX
        )
        begun = self._insist(BEGIN_TOP_UP, begin)
        start = StartPayment(top_up_id=begun.id, return_url="http://localhost/")
        page = self._insist(START_PAYMENT, start).redirect_url
        assert page
        self.sandbox.choose(page, "succeed")
        self._insist(TAKE_PAYMENT_NOTICE, self._notice(page))
        return self._insist(GET_TOP_UP, GetTopUp(top_up_id=begun.id))

    def _insist(
        self, method: Method[RequestT, ResponseT], request: RequestT
    ) -> ResponseT:
        give_up_at = time.monotonic() + PATIENCE_S
        while True:
            try:
                return call(self.client, method, request, self._context(method))
            except Unavailable:
                if time.monotonic() > give_up_at:
                    raise
                self._bring_back()

    def _context(self, method: Method[RequestT, ResponseT]) -> CallContext:
        principals, company_id = self.harness.principals, self.harness.company_id
        return CallContext(
            request_id="killed",
            principal=principals.user(Role.OWNER, company_id, self.user_id),
            idempotency_key=self.key if method.effect is Effect.CHANGE else None,
            timeout_s=3,
        )

    def _bring_back(self) -> None:
        if not self.billing.is_running:
            self.was_killed = True
            self.billing.start()

    def _notice(self, page: str) -> PaymentNotice:
        """What the sandbox would send of the payment, to an address that answers."""
        checkout = page.rpartition("/")[2]
        known = requests.get(
            f"{self.sandbox.url}/checkouts/{checkout}",
            headers={"Authorization": f"Bearer {SECRET}"},
            timeout=10,
        )
        body = json.dumps(known.json()["transactions"][0])
        now = str(int(time.time()))
        headers = {SIGNATURE_HEADER: f"{now}.{sign(SECRET, now, body)}"}
        return PaymentNotice(gateway=GatewayName.SANDBOX, headers=headers, body=body)


NewCustomer = Callable[[], Customer]


@pytest.fixture
def new_customer(
    billing_database_url: str,
    amqp_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[NewCustomer]:
    """Makes customers of their own companies before one billing and one sandbox."""
    lay_out(amqp_url, [BillingService])
    keys = tmp_path / "keys"
    ensure_keys(keys)
    (keys / "sandbox.secret").write_text(SECRET)
    with (
        sandbox(tmp_path / "sandbox") as running,
        closing(Database(billing_database_url)) as database,
        closing(AmqpClient(amqp_url)) as client,
    ):
        monkeypatch.setenv("SANDBOX_URL", running.url)
        billing = ServiceProcess(
            "tests.faults.dying.billing", amqp_url, billing_database_url, keys
        )
        first = BillingHarness(database)
        (keys / "principal.pub").write_bytes(
            first.principals.verify_key.public_bytes(
                Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
            )
        )

        def make() -> Customer:
            harness = BillingHarness(database, principals=first.principals)
            harness.live_in("Europe/Berlin")
            harness.open_wallet()
            return Customer(harness, client, billing, running)

        yield make
        billing.stop()


@pytest.mark.full
@pytest.mark.timeout(600)
def test_killed_at_some_points_a_top_up_is_credited_once(
    new_customer: NewCustomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for point in new_random("points").sample(range(1, POINTS_AT_LEAST), 3):
        customer = new_customer()

        top_up_killed_at(point, customer, monkeypatch)

        assert customer.was_killed, point


@pytest.mark.fault
@pytest.mark.timeout(1500)
def test_killed_at_any_point_a_top_up_is_credited_once(
    new_customer: NewCustomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for point in range(1, POINTS_AT_MOST):
        customer = new_customer()

        top_up_killed_at(point, customer, monkeypatch)

        if not customer.was_killed:
            assert point > POINTS_AT_LEAST, "the points were not passed"
            return
    pytest.fail("more points than a top-up has")


def top_up_killed_at(
    point: int, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Top up, and compare what came of it with what was paid."""
    customer.billing.stop()
    monkeypatch.setenv("DIE_AT", str(point))
    customer.billing.begin()
    customer.billing.wait_until_served()
    monkeypatch.delenv("DIE_AT")

    paid = customer.top_up()

    told = f"killed at point {point}"
    (wallet,) = customer.harness.dashboard().wallets
    assert wallet.balance.amount == Decimal(100), told
    assert paid.state is TopUpState.SUCCEEDED, told
    assert [each.state for each in paid.payments] == [PaymentState.SUCCEEDED], told
    assert customer.harness.differences() == [], told
