"""A customer who tops up at the sandbox, and what billing makes of it."""

import json
import time
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from services.billing.gateways.bank_transfer import Account, BankTransfer
from services.billing.gateways.gateway import Gateway
from services.billing.gateways.sandbox import SIGNATURE_HEADER, sign
from services.billing.seller import FIRST
from services.billing.settings import BillingSettings
from shared.contracts.billing import top_ups
from shared.contracts.billing.top_ups import GatewayName, PaymentNotice
from shared.contracts.identity import Role
from shared.db.database import Database
from tests.fixtures.sandbox import SECRET, Sandbox
from tests.integration.billing.office import Office, money

RETURN_URL = "http://localhost/funds"


@dataclass
class Till:
    office: Office
    sandbox: Sandbox
    is_verified: bool = True
    user_id: UUID = field(default_factory=uuid4)

    def owner(self) -> str:
        return self.office.principals.user(
            Role.OWNER,
            self.office.company_id,
            self.user_id,
            is_verified=self.is_verified,
        )

    def quote(self, net: str, currency: str = "EUR") -> top_ups.TopUpQuote:
        request = top_ups.QuoteTopUp(net=money(net, currency))
        return self.office.call(top_ups.QUOTE_TOP_UP, request, self.owner())

    def begin(self, net: str = "100.00", key: str | None = None) -> top_ups.TopUp:
        return self.begin_as_quoted(self.quote(net), key)

    def begin_as_quoted(
        self, quote: top_ups.TopUpQuote, key: str | None = None
    ) -> top_ups.TopUp:
        request = top_ups.BeginTopUp(
            net=quote.net, digest=quote.digest, gateway=GatewayName.SANDBOX
        )
        return self.office.call(top_ups.BEGIN_TOP_UP, request, self.owner(), key)

    def start(self, top_up: top_ups.TopUp) -> str:
        """Begin its payment; returns the address of the hosted page."""
        request = top_ups.StartPayment(top_up_id=top_up.id, return_url=RETURN_URL)
        started = self.office.call(top_ups.START_PAYMENT, request, self.owner())
        assert started.redirect_url
        return started.redirect_url

    def pay(self, net: str = "100.00", choice: str = "succeed") -> top_ups.TopUp:
        """Top up, choose on the hosted page, and let billing ask what came of it."""
        top_up = self.begin(net)
        self.sandbox.choose(self.start(top_up), choice)
        self.reconcile()
        return self.get(top_up.id)

    def reconcile(self) -> top_ups.Reconciled:
        """Ask the gateway, as the job does once it is time."""
        self.office.pass_time(timedelta(hours=2))
        request = top_ups.ReconcilePayments()
        return self.office.call(
            top_ups.RECONCILE_PAYMENTS, request, self.office.operator()
        )

    def get(self, top_up_id: UUID) -> top_ups.TopUp:
        request = top_ups.GetTopUp(top_up_id=top_up_id)
        return self.office.call(top_ups.GET_TOP_UP, request, self.owner())

    def cancel(self, top_up: top_ups.TopUp) -> top_ups.TopUp:
        request = top_ups.CancelTopUp(top_up_id=top_up.id)
        return self.office.call(top_ups.CANCEL_TOP_UP, request, self.owner())

    def refund(
        self, top_up: top_ups.TopUp, net: str | None = None, currency: str = "EUR"
    ) -> top_ups.TopUp:
        request = top_ups.RefundTopUp(
            top_up_id=top_up.id,
            net=money(net, currency) if net else None,
            reason="As asked",
        )
        operator = self.office.operator()
        return self.office.call(top_ups.REFUND_TOP_UP, request, operator).top_up

    def notify(
        self,
        payment: top_ups.Payment,
        outcome: str = "succeeded",
        transaction: str = "tx",
        amount: str | None = None,
        secret: str = SECRET,
    ) -> None:
        """Bring a notice, as the sandbox would send it."""
        body = json.dumps(
            {
                "id": f"{transaction}-{payment.id}",
                "order_id": str(payment.id),
                "outcome": outcome,
                "amount": {
                    "amount": amount or f"{payment.amount.amount:f}",
                    "currency": payment.amount.currency.code,
                },
                "method": "A card",
                "failure": None,
            }
        )
        now = str(int(time.time()))
        headers = {SIGNATURE_HEADER: f"{now}.{sign(secret, now, body)}"}
        notice = PaymentNotice(gateway=GatewayName.SANDBOX, headers=headers, body=body)
        self.office.call(top_ups.TAKE_PAYMENT_NOTICE, notice)

    @property
    def balance(self) -> Decimal:
        (wallet,) = self.office.dashboard().wallets
        return wallet.balance.amount


def a_till(
    database: Database, sandbox: Sandbox, settings: BillingSettings | None = None
) -> Till:
    """Of a German company with a wallet in EUR, which can pay by bank, too."""
    account = Account("Client Area GmbH", "DE89370400440532013000", "COBADEFF", "Bank")
    gateways: dict[GatewayName, Gateway] = {
        GatewayName.SANDBOX: sandbox.gateway(),
        GatewayName.BANK_TRANSFER: BankTransfer({FIRST: account}),
    }
    office = Office(database, gateways=gateways, settings=settings or BillingSettings())
    office.live_in("Europe/Berlin")
    office.open_wallet()
    return Till(office, sandbox)
