"""A billing service with a standing clock, and other services' events for it."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from services.billing.gateways.gateway import Gateway
from services.billing.service import BillingService
from services.billing.settings import BillingSettings
from shared.clock import ManualClock
from shared.contract import Event
from shared.contracts import billing, identity, inventory
from shared.contracts.billing import AdjustmentKind
from shared.contracts.billing.top_ups import GatewayName
from shared.contracts.identity import Role
from shared.contracts.inventory import (
    Period,
    ServiceState,
    SuspensionReason,
    TerminationTime,
)
from shared.db.database import Database
from shared.db.events import Envelope
from shared.money import Money, currency_of
from shared.rpc.dispatch import Dispatcher
from shared.runtime import Runtime
from shared.wire import to_wire
from tests.fixtures.direct_calls import DirectCalls
from tests.fixtures.principals import Principals

START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def money(amount: str | Decimal, currency: str = "EUR") -> Money:
    return Money(Decimal(amount), currency_of(currency))


def a_service(
    company_id: UUID,
    price: str = "10",
    period: Period = Period.MONTH,
    *,
    currency: str = "EUR",
    family: str = "vps",
    family_name: str = "",
    state: ServiceState = ServiceState.ACTIVE,
    reason: SuspensionReason | None = None,
    activated_at: datetime | None = START,
    ends: TerminationTime | None = None,
    service_id: UUID | None = None,
) -> inventory.Service:
    """An inventory's service as its events carry it."""
    request = None
    if ends is not None:
        request = inventory.TerminationRequest(
            requested_at=START, requested_by="Alice", reason="", time=ends
        )
    return inventory.Service(
        id=service_id or uuid4(),
        company_id=company_id,
        reference="",
        name="A service",
        family_code=family,
        family_name=family_name or family.upper(),
        plan_code="s",
        plan_name="Small",
        state=state,
        suspension_reason=reason,
        price=money(price, currency),
        period=period,
        created_at=START,
        activated_at=activated_at,
        state_since=START,
        termination_request=request,
    )


def an_envelope(
    event: Event[inventory.Service], service: inventory.Service, version: int = 1
) -> Envelope[inventory.Service]:
    return Envelope(
        id=uuid4(),
        source=event.source,
        name=event.name,
        company_id=service.company_id,
        version=version,
        at=START,
        request_id="test",
        body=service,
    )


def a_company(
    company_id: UUID, time_zone: str, version: int = 1, country: str = "DE"
) -> Envelope[identity.Company]:
    event = identity.COMPANY_CHANGED
    return Envelope(
        id=uuid4(),
        source=event.source,
        name=event.name,
        company_id=company_id,
        version=version,
        at=START,
        request_id="test",
        body=identity.Company(
            id=company_id,
            name="Aurora Digital GmbH",
            address=identity.Address(country=country),
            time_zone=time_zone,
            is_business=True,
        ),
    )


@dataclass
class Office:
    database: Database
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    principals: Principals = field(default_factory=lambda: Principals(START))
    company_id: UUID = field(default_factory=uuid4)
    gateways: Mapping[GatewayName, Gateway] = field(default_factory=dict)
    settings: BillingSettings = field(default_factory=BillingSettings)

    def __post_init__(self) -> None:
        # Offices share a database, so their ids must differ.
        runtime = Runtime(self.clock, random.Random(self.company_id.int))
        settings = replace(self.settings, gateways=self.gateways)
        self.service = BillingService(self.database, runtime, settings)
        self.dispatcher = Dispatcher(self.service, self.principals.verify_key)
        self.call = DirectCalls(self.dispatcher)

    def operator(self) -> str:
        return self.principals.operator()

    def member(self, role: Role = Role.OWNER, company_id: UUID | None = None) -> str:
        return self.principals.user(role, company_id or self.company_id)

    def open_wallet(
        self, currency: str = "EUR", company_id: UUID | None = None
    ) -> billing.WalletView:
        request = billing.OpenWallet(
            company_id=company_id or self.company_id, currency=currency
        )
        return self.call(billing.OPEN_WALLET, request, self.operator())

    def adjust(
        self,
        amount: str,
        currency: str = "EUR",
        kind: AdjustmentKind = AdjustmentKind.CORRECTION,
        reason: str = "as agreed",
    ) -> billing.WalletView:
        request = billing.AdjustWallet(
            company_id=self.company_id,
            amount=money(amount, currency),
            kind=kind,
            reason=reason,
        )
        return self.call(billing.ADJUST_WALLET, request, self.operator())

    def set_buffer(
        self, amount: str, horizon_days: int, currency: str = "EUR"
    ) -> billing.WalletView:
        request = billing.SetComfortBuffer(
            buffer=money(amount, currency), horizon_days=horizon_days
        )
        return self.call(billing.SET_COMFORT_BUFFER, request, self.member())

    def dashboard(self, company_id: UUID | None = None) -> billing.BillingDashboard:
        token = self.member(Role.VIEWER, company_id)
        return self.call(billing.DASHBOARD, billing.Dashboard(), token)

    def recommendation(self) -> billing.Recommendation:
        return self.dashboard().wallets[0].recommendation

    def differences(self) -> list[str]:
        request = billing.VerifyBooks()
        return self.call(billing.VERIFY_BOOKS, request, self.operator()).differences

    def add_service(self, service: inventory.Service, version: int = 1) -> None:
        event = inventory.SERVICE_ACTIVATED
        self.deliver(an_envelope(event, service, version))

    def live_in(self, time_zone: str, version: int = 1, country: str = "DE") -> None:
        self.deliver(a_company(self.company_id, time_zone, version, country))

    def deliver(
        self, envelope: Envelope[inventory.Service] | Envelope[identity.Company]
    ) -> None:
        """Bring an event to its handler, as a transport does."""
        (handler,) = (
            each
            for each in self.service.event_handlers
            if (each.event.source, each.event.name) == (envelope.source, envelope.name)
        )
        self.dispatcher.take_in(handler, to_wire(envelope))

    def pass_time(self, step: timedelta) -> None:
        self.clock.move(step)
