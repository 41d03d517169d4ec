"""Run the demo's story through the services' operations, day by day."""

import random
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from launcher.demo import provider, story
from launcher.demo.gateway import DemoGateway
from launcher.servers.local_services import LocalServices
from services.billing.gateways.bank_transfer import BankTransfer
from services.billing.gateways.gateway import Gateway
from services.billing.settings import BillingSettings
from services.identity.notices.postboxes import KeptMails
from shared.clock import Clock, ManualClock
from shared.contract import Method, RequestT, ResponseT
from shared.contracts import billing, identity, inventory
from shared.contracts.billing.payments import GatewayName
from shared.money import Money
from shared.operator import TIMEOUT_S, Operator
from shared.rpc.client import CallContext, ServiceClient, call
from shared.runtime import Runtime
from shared.settings import Settings

SEED = 2_026
DAYS = 90
READ_UNTIL = 2
"""How many days ago the owners looked at their notices."""
CHARGED_DAILY = 14
"""The last days; before them a week at a time, as each time costs the first run some.
"""
OPERATOR = "Nora (support)"

Change = Callable[["DemoLoader", story.Change, UUID], object]


def load_demo(
    database_urls: Mapping[str, str],
    settings: Settings,
    now: datetime,
    bank: BankTransfer | None = None,
) -> None:
    """Fill empty databases with the demonstration provider.

    The story ends at ``now``; ids and secrets are the same each time. Without a
    ``bank``, no customer pays by bank transfer.
    """
    clock = ManualClock(_day(now, DAYS) - timedelta(hours=2))
    runtime = Runtime(clock, random.Random(SEED))  # noqa: S311  the same every time
    gateway = DemoGateway()
    gateways: dict[GatewayName, Gateway] = {gateway.name: gateway}
    if bank:
        gateways[bank.name] = bank
    billing_settings = BillingSettings(gateways=gateways)
    # The mails of 90 days are sent to nobody.
    services = LocalServices(
        database_urls, settings, runtime, billing_settings, postbox=KeptMails()
    )
    with closing(services), services.client(workers=1) as client:
        operator = Operator(client, settings.keys_dir / "operator.key", clock, OPERATOR)
        DemoLoader(services, client, operator, clock, gateway, bank).run(now)


def company_names(
    database_urls: Mapping[str, str], settings: Settings, clock: Clock
) -> set[str]:
    """Return the names of the companies; of the first 1000, when there are more.

    Identity alone knows them: what the other services need to start is not asked for.
    """
    runtime = Runtime(clock, random.SystemRandom())
    urls = {"identity": database_urls["identity"]}
    services = LocalServices(urls, settings, runtime)
    with closing(services), services.client(workers=1) as client:
        operator = Operator(client, settings.keys_dir / "operator.key", clock, OPERATOR)
        found = operator.call(
            identity.companies.FIND_COMPANIES, identity.companies.FindCompanies()
        )
    return {company.name for company in found.companies}


@dataclass
class DemoLoader:
    """Loads the demo as an operator and as its customers."""

    services: LocalServices
    client: ServiceClient
    operator: Operator
    clock: ManualClock
    gateway: DemoGateway
    bank: BankTransfer | None
    companies: dict[str, story.DemoCompany] = field(default_factory=dict)
    company_ids: dict[str, UUID] = field(default_factory=dict)
    service_ids: dict[str, UUID] = field(default_factory=dict)
    service_currencies: dict[str, str] = field(default_factory=dict)

    def run(self, now: datetime) -> None:
        self._import_catalog()
        self._create_customers()
        for day in range(DAYS, 0, -1):
            self.clock.move_to(_day(now, day))
            self._orders_of(day)
            self._changes_of(day)
            self._movements_of(day)
            self._top_ups_of(day)
            self.services.deliver_events()
            if day <= CHARGED_DAILY or day % 7 == 0:
                self._charge()
            self.services.run_job("send_mails")
            if day == READ_UNTIL:
                self._read_notices()
        self._set_limits()
        self.services.deliver_events()
        self.clock.move_to(now)
        self._charge()
        self._import_exchange_rates(now)

    def _import_catalog(self) -> None:
        import_id = UUID(int=SEED)
        rows = provider.catalog_rows()
        stage = inventory.importing.StageCatalog(import_id=import_id, rows=rows)
        self.operator.call(inventory.importing.STAGE_CATALOG, stage)
        apply = inventory.importing.ApplyImport(import_id=import_id)
        self.operator.call(inventory.importing.APPLY_CATALOG, apply)

    def _import_exchange_rates(self, now: datetime) -> None:
        rates = [
            billing.exchange_rates.ExchangeRate(
                day=now.date(), currency=currency, rate=Decimal(rate)
            )
            for currency, rate in provider.EXCHANGE_RATES.items()
        ]
        request = billing.exchange_rates.ImportExchangeRates(rates=rates, source="demo")
        self.operator.call(billing.exchange_rates.IMPORT_EXCHANGE_RATES, request)

    def _create_customers(self) -> None:
        users = {person.email: self._create_user(person) for person in story.PEOPLE}
        for company in story.COMPANIES:
            self.clock.move(timedelta(minutes=20))
            self.companies[company.key] = company
            created = self._create_company(company, users[company.owner])
            self.company_ids[company.key] = created
            for email, role in company.members.items():
                member = identity.memberships.AddMember(
                    company_id=created,
                    user_id=users[email],
                    role=identity.memberships.Role(role),
                )
                self.operator.call(identity.memberships.ADD_MEMBER, member)
            wallet = billing.wallets.OpenWallet(
                company_id=created, currency=company.currency
            )
            self.operator.call(billing.wallets.OPEN_WALLET, wallet)
        for email, secret in story.TOTP_SECRETS.items():
            app = identity.factors.ImportTotp(user_id=users[email], secret=secret)
            self.operator.call(identity.factors.IMPORT_TOTP, app)
        self.services.deliver_events()

    def _create_user(self, person: story.Person) -> UUID:
        request = identity.people.CreateUser(
            email=person.email,
            name=person.name,
            password=story.PASSWORD,
            time_zone=person.time_zone,
            email_verified=True,
        )
        return self.operator.call(identity.people.CREATE_USER, request).id

    def _create_company(self, company: story.DemoCompany, owner: UUID) -> UUID:
        request = identity.companies.CreateCompany(
            name=company.name,
            address=identity.companies.Address(
                street=company.street,
                postal_code=company.postal_code,
                city=company.city,
                country=company.country,
            ),
            owner_id=owner,
            time_zone=company.time_zone,
        )
        return self.operator.call(identity.companies.CREATE_COMPANY, request).id

    def _orders_of(self, day: int) -> None:
        for order in story.ORDERS:
            if order.day != day:
                continue
            self.clock.move(timedelta(minutes=7))
            currency = self.companies[order.company].currency
            request = inventory.lifecycle.CreateService(
                company_id=self.company_ids[order.company],
                reference=order.reference,
                name=order.name,
                plan_code=order.plan,
                currency=currency,
                period=inventory.services.Period(order.period),
            )
            service = self.operator.call(inventory.lifecycle.CREATE_SERVICE, request)
            self.service_ids[order.reference] = service.id
            self.service_currencies[order.reference] = currency
            if not order.pending:
                self.clock.move(timedelta(minutes=2))
                ready = inventory.lifecycle.ChangeState(
                    service_id=service.id, why="Set up automatically"
                )
                self.operator.call(inventory.lifecycle.ACTIVATE_SERVICE, ready)

    def _changes_of(self, day: int) -> None:
        for change in story.CHANGES:
            if change.day == day:
                self.clock.move(timedelta(minutes=11))
                _CHANGES[change.action](
                    self, change, self.service_ids[change.reference]
                )

    def _movements_of(self, day: int) -> None:
        for movement in story.MOVEMENTS:
            if movement.day == day:
                request = billing.wallets.AdjustWallet(
                    company_id=self.company_ids[movement.company],
                    amount=self._money(movement.company, movement.amount),
                    kind=billing.wallets.AdjustmentKind(movement.kind),
                    reason=movement.reason,
                )
                self.operator.call(billing.wallets.ADJUST_WALLET, request)

    def _top_ups_of(self, day: int) -> None:
        for top_up in story.TOP_UPS:
            gateway = self.bank if top_up.by_bank else self.gateway
            if top_up.day == day and gateway is not None:
                self.services.deliver_events()
                self._top_up(top_up, gateway.name)
                self.services.run_job("issue_documents")

    def _top_up(self, story_top_up: story.TopUp, gateway: GatewayName) -> None:
        self.gateway.payments = story_top_up.payments
        net = self._money(story_top_up.company, story_top_up.net)
        owner = self._log_in(self.companies[story_top_up.company].owner)
        quote = self._call(
            owner, billing.top_ups.QUOTE_TOP_UP, billing.top_ups.QuoteTopUp(net=net)
        )
        begin = billing.top_ups.BeginTopUp(
            net=net, digest=quote.digest, gateway=gateway
        )
        top_up = self._call(owner, billing.top_ups.BEGIN_TOP_UP, begin)
        start = billing.top_ups.StartPayment(
            top_up_id=top_up.id, return_url=BillingSettings.public_url
        )
        self._call(owner, billing.top_ups.START_PAYMENT, start)
        self.clock.move(timedelta(minutes=1))
        self.operator.call(
            billing.payments.RECONCILE_PAYMENTS, billing.payments.ReconcilePayments()
        )
        if story_top_up.refund:
            refund = billing.top_ups.RefundTopUp(
                top_up_id=top_up.id, reason=story_top_up.refund
            )
            self.operator.call(billing.top_ups.REFUND_TOP_UP, refund)
            self.services.run_job("send_refunds")

    def _log_in(self, email: str) -> str:
        """Log in and return the person's principal for their first company."""
        log_in = identity.signing_in.LogIn(
            email=email, password=story.PASSWORD, address="127.0.0.1"
        )
        session = self._call(None, identity.signing_in.LOG_IN, log_in).session
        assert session, f"{email} has a second factor"
        return session.principal

    def _call(
        self,
        principal: str | None,
        method: Method[RequestT, ResponseT],
        request: RequestT,
    ) -> ResponseT:
        """Call as a customer, not as the operator."""
        key = uuid4().hex
        context = CallContext(
            request_id=key[:16],
            principal=principal,
            idempotency_key=key,
            timeout_s=TIMEOUT_S,
        )
        return call(self.client, method, request, context)

    def _read_notices(self) -> None:
        """Have the owners read what there is: they looked in a moment ago."""
        everything = identity.notices.MarkNoticesRead()
        for company in self.companies.values():
            owner = self._log_in(company.owner)
            self._call(owner, identity.notices.MARK_NOTICES_READ, everything)

    def _charge(self) -> None:
        """Charge what is due since the last time and deliver the events."""
        self.operator.call(billing.charging.CHARGE_DUE, billing.charging.ChargeDue())
        self.services.deliver_events()

    def _set_limits(self) -> None:
        for company, amount in story.CREDIT_LIMITS.items():
            limit = billing.wallets.SetCreditLimit(
                company_id=self.company_ids[company],
                limit=self._money(company, amount),
            )
            self.operator.call(billing.wallets.SET_CREDIT_LIMIT, limit)

    def _money(self, company: str, amount: str) -> Money:
        return Money(Decimal(amount), self.companies[company].currency)

    def suspend(
        self,
        change: story.Change,
        service: UUID,
        reason: inventory.services.SuspensionReason,
    ) -> None:
        request = inventory.lifecycle.Suspend(
            service_id=service, why=change.why, reason=reason
        )
        self.operator.call(inventory.lifecycle.SUSPEND_SERVICE, request)

    def change_state(
        self,
        method: Method[inventory.lifecycle.ChangeState, inventory.services.Service],
        change: story.Change,
        service: UUID,
    ) -> None:
        request = inventory.lifecycle.ChangeState(service_id=service, why=change.why)
        self.operator.call(method, request)

    def request_termination(self, change: story.Change, service: UUID) -> None:
        request = inventory.lifecycle.RequestTermination(
            service_id=service, why=change.why
        )
        self.operator.call(inventory.lifecycle.REQUEST_TERMINATION, request)

    def change_plan(self, change: story.Change, service: UUID) -> None:
        request = inventory.lifecycle.ChangePlan(
            service_id=service, why=change.why, plan_code=change.value
        )
        self.operator.call(inventory.lifecycle.CHANGE_PLAN, request)

    def change_price(self, change: story.Change, service: UUID) -> None:
        currency = self.service_currencies[change.reference]
        request = inventory.lifecycle.ChangePrice(
            service_id=service,
            why=change.why,
            price=Money(Decimal(change.value), currency),
        )
        self.operator.call(inventory.lifecycle.CHANGE_PRICE, request)


_PAYMENT = inventory.services.SuspensionReason.PAYMENT
_POLICY = inventory.services.SuspensionReason.POLICY
_CHANGES: Mapping[story.Action, Change] = {
    "suspend-payment": lambda demo, c, s: demo.suspend(c, s, _PAYMENT),
    "suspend-policy": lambda demo, c, s: demo.suspend(c, s, _POLICY),
    "resume": lambda demo, c, s: demo.change_state(
        inventory.lifecycle.RESUME_SERVICE, c, s
    ),
    "withdraw-termination": lambda demo, c, s: demo.change_state(
        inventory.lifecycle.WITHDRAW_TERMINATION, c, s
    ),
    "terminate": lambda demo, c, s: demo.change_state(
        inventory.lifecycle.TERMINATE_SERVICE, c, s
    ),
    "cancel": lambda demo, c, s: demo.change_state(
        inventory.lifecycle.CANCEL_SERVICE, c, s
    ),
    "request-termination": lambda demo, c, s: demo.request_termination(c, s),
    "change-plan": lambda demo, c, s: demo.change_plan(c, s),
    "change-price": lambda demo, c, s: demo.change_price(c, s),
}


def _day(now: datetime, days_ago: int) -> datetime:
    """Return 8:00 (UTC) a number of days ago."""
    today = now.astimezone(UTC).replace(hour=8, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days_ago)
