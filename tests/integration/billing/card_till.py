"""A customer who tops up by card at Stripe, and what billing makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from services.billing.gateways.gateway import Gateway
from shared.contracts.billing import cards, top_ups
from shared.contracts.billing.top_ups import GatewayName
from shared.contracts.identity import Role
from shared.db.database import Database
from tests.fixtures.stripe import LocalStripe, notice_of
from tests.integration.billing.office import Office, money

RETURN_URL = "http://localhost/funds"


@dataclass
class CardTill:
    """``ways`` are the ways to pay that billing has, and may be changed under it."""

    office: Office
    stripe: LocalStripe
    ways: dict[GatewayName, Gateway]
    currency: str = "EUR"
    is_verified: bool = True
    user_id: UUID = field(default_factory=uuid4)

    def owner(self) -> str:
        return self.office.principals.user(
            Role.OWNER,
            self.office.company_id,
            self.user_id,
            is_verified=self.is_verified,
        )

    def begin(self, net: str = "100.00") -> top_ups.TopUp:
        """A top-up that waits for its card."""
        ask = top_ups.QuoteTopUp(net=money(net, self.currency))
        quote = self.office.call(top_ups.QUOTE_TOP_UP, ask, self.owner())
        request = top_ups.BeginTopUp(
            net=quote.net, digest=quote.digest, gateway=GatewayName.STRIPE
        )
        return self.office.call(top_ups.BEGIN_TOP_UP, request, self.owner())

    def start(self, top_up: top_ups.TopUp) -> str:
        """Begin its payment; returns what Stripe calls the intent."""
        request = top_ups.StartPayment(top_up_id=top_up.id, return_url=RETURN_URL)
        self.office.call(top_ups.START_PAYMENT, request, self.owner())
        secret = self.form(top_up).client_secret
        return secret.partition("_secret_")[0]

    def form(self, top_up: top_ups.TopUp) -> cards.CardForm:
        request = cards.ShowCardForm(top_up_id=top_up.id)
        return self.office.call(cards.SHOW_CARD_FORM, request, self.owner())

    def forget(self, card: str) -> None:
        request = cards.ForgetCard(card=card)
        self.office.call(cards.FORGET_CARD, request, self.owner())

    def pay(self, net: str = "100.00") -> tuple[top_ups.TopUp, str]:
        """Top up with a good card, and hear of it; returns the intent's id, too."""
        top_up = self.begin(net)
        intent = self.start(top_up)
        self.stripe.pay(intent)
        self.hear_of(intent)
        return self.get(top_up.id), intent

    def hear_of(self, intent: str) -> None:
        """Bring every notice that Stripe has of an intent."""
        events = self.stripe.events(intent)
        assert events
        for event in events:
            self.hear(event)

    def hear(self, event: Mapping[str, Any], **signed: Any) -> None:
        notice = notice_of(event, **signed)
        self.office.call(top_ups.TAKE_PAYMENT_NOTICE, notice)

    def get(self, top_up_id: UUID) -> top_ups.TopUp:
        request = top_ups.GetTopUp(top_up_id=top_up_id)
        return self.office.call(top_ups.GET_TOP_UP, request, self.owner())

    def cancel(self, top_up: top_ups.TopUp) -> top_ups.TopUp:
        request = top_ups.CancelTopUp(top_up_id=top_up.id)
        return self.office.call(top_ups.CANCEL_TOP_UP, request, self.owner())

    def refund(self, top_up: top_ups.TopUp, net: str | None = None) -> top_ups.TopUp:
        request = top_ups.RefundTopUp(
            top_up_id=top_up.id,
            net=money(net, self.currency) if net else None,
            reason="As asked",
        )
        operator = self.office.operator()
        return self.office.call(top_ups.REFUND_TOP_UP, request, operator).top_up

    def reconcile(self) -> top_ups.Reconciled:
        """Ask Stripe, as the job does once it is time."""
        self.office.pass_time(timedelta(hours=2))
        request = top_ups.ReconcilePayments()
        return self.office.call(
            top_ups.RECONCILE_PAYMENTS, request, self.office.operator()
        )

    def run_job(self, name: str) -> None:
        (job,) = (job for job in self.office.service.jobs() if job.name == name)
        job.run()

    @property
    def balance(self) -> Decimal:
        (wallet,) = self.office.dashboard().wallets
        return wallet.balance.amount


def a_card_till(
    database: Database, stripe: LocalStripe, currency: str = "EUR"
) -> CardTill:
    """The till of a new company in Germany, with an empty wallet."""
    ways: dict[GatewayName, Gateway] = {GatewayName.STRIPE: stripe.gateway()}
    office = Office(database, gateways=ways)
    office.live_in("Europe/Berlin")
    office.open_wallet(currency)
    return CardTill(office, stripe, ways, currency)
