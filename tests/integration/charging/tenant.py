"""A customer whose services are charged: billing and inventory, and a clock."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from msgspec.structs import asdict
from sqlalchemy import text

from services.billing import dashboard
from services.billing.limits import Limits
from services.billing.service import BillingService
from services.inventory.reading import details
from services.inventory.service import InventoryService
from shared.contract import Method, RequestT, ResponseT
from shared.contracts import billing, identity, inventory
from shared.contracts.billing import charging, top_ups
from shared.contracts.billing.top_ups import GatewayName
from shared.contracts.identity import Role
from shared.contracts.inventory import Period, SuspensionReason, TerminationTime
from shared.db.database import Database
from shared.money import Money, currency_of
from shared.principal import load_private_key
from tests.fixtures.direct_calls import DirectCalls
from tests.fixtures.installations import Installation
from tests.fixtures.principals import Principals

PERIODS = tuple(Period)
_numbers = count(1)


def euros(amount: str | Decimal) -> Money:
    return Money(Decimal(amount), currency_of("EUR"))


@dataclass
class Tenant:
    site: Installation
    email: str
    has_wallet: bool = True
    time_zone: str = "UTC"
    company_id: UUID = field(init=False)

    def __post_init__(self) -> None:
        self.company_id = self.site.customer(
            self.email, "Aurora Digital GmbH", time_zone=self.time_zone
        )
        if self.has_wallet:
            wallet = billing.OpenWallet(company_id=self.company_id, currency="EUR")
            self.site.operator.call(billing.OPEN_WALLET, wallet)
        import_id = UUID(int=next(_numbers))
        rows = [
            inventory.CatalogRow(
                line="1",
                family_code="lxc",
                family_name="LXC",
                plan_code=plan,
                plan_name=plan.upper(),
                currency="EUR",
                period=period.value,
                price=price,
            )
            for plan, price in (("s", "10"), ("m", "25"), ("free", "0"))
            for period in PERIODS
        ]
        stage = inventory.StageCatalog(import_id=import_id, rows=rows)
        self.site.operator.call(inventory.STAGE_CATALOG, stage)
        apply = inventory.ApplyImport(import_id=import_id)
        self.site.operator.call(inventory.APPLY_CATALOG, apply)
        self.settle()

    @property
    def billing_service(self) -> BillingService:
        service = self.site.services.dispatchers["billing"].service
        assert isinstance(service, BillingService)
        return service

    @property
    def database(self) -> Database:
        return self.billing_service.database

    @property
    def inventory_service(self) -> InventoryService:
        service = self.site.services.dispatchers["inventory"].service
        assert isinstance(service, InventoryService)
        return service

    def settle(self) -> None:
        self.site.services.deliver_events()

    def operate(
        self, method: Method[RequestT, ResponseT], request: RequestT
    ) -> ResponseT:
        """What an operator does, of which nobody hears before `settle`."""
        return self.site.operator.call(method, request)

    def overtake(self) -> None:
        """What has not been delivered of inventory comes after all that follows.

        So it is dropped, as it is older than what is known then.
        """
        with self.inventory_service.database.system() as session:
            session.execute(text("DELETE FROM outbox WHERE relayed_at IS NULL"))

    def republish(self) -> None:
        """Have inventory tell anew what has become of its services."""
        request = inventory.RepublishServices(after_service_id=None, limit=1_000)
        self.operate(inventory.REPUBLISH_SERVICES, request)
        self.settle()

    def order(
        self, plan: str = "s", period: Period = Period.MONTH, price: str = ""
    ) -> UUID:
        service = self.request(plan, period, price)
        self.activate(service)
        return service

    def order_unheard(self, plan: str, period: Period) -> UUID:
        """One that is active, and of which billing never heard so far."""
        service = self._create(plan, period, "")
        start = inventory.ChangeState(service_id=service)
        self.operate(inventory.ACTIVATE_SERVICE, start)
        self.overtake()
        return service

    def request(
        self, plan: str = "s", period: Period = Period.MONTH, price: str = ""
    ) -> UUID:
        """Order a service that is pending yet."""
        service = self._create(plan, period, price)
        self.settle()
        return service

    def _create(self, plan: str, period: Period, price: str) -> UUID:
        request = inventory.CreateService(
            company_id=self.company_id,
            reference=f"R{next(_numbers)}",
            name="A service",
            plan_code=plan,
            currency="EUR",
            period=period,
            price=euros(price) if price else None,
        )
        return self.operate(inventory.CREATE_SERVICE, request).id

    def activate(self, service: UUID) -> None:
        self._move(inventory.ACTIVATE_SERVICE, service)

    def pay_in(self, amount: str) -> None:
        self.book(amount)
        self.settle()

    def book(self, amount: str) -> None:
        """Pay in, of which nobody hears yet."""
        request = billing.AdjustWallet(
            company_id=self.company_id,
            amount=euros(amount),
            kind=billing.AdjustmentKind.CORRECTION,
            reason="as agreed",
        )
        self.site.operator.call(billing.ADJUST_WALLET, request)

    def begin_top_up(self, net: str) -> top_ups.TopUp:
        """What the owner asks for, to be paid by bank."""
        quote = self._call_as(
            Role.OWNER, top_ups.QUOTE_TOP_UP, top_ups.QuoteTopUp(net=euros(net))
        )
        begin = top_ups.BeginTopUp(
            net=quote.net, digest=quote.digest, gateway=GatewayName.BANK_TRANSFER
        )
        return self._call_as(Role.OWNER, top_ups.BEGIN_TOP_UP, begin)

    def pay_by_bank(self, top_up: top_ups.TopUp) -> None:
        """Its money is on the statement; nobody hears of it yet."""
        paid = top_ups.BankCredit(
            transaction=top_up.reference, amount=top_up.gross, text=top_up.reference
        )
        self.operate(
            top_ups.BOOK_BANK_PAYMENTS, top_ups.BookBankPayments(credits=[paid])
        )

    def allow(self, credit: str) -> None:
        request = billing.SetCreditLimit(
            company_id=self.company_id, limit=euros(credit)
        )
        self.site.operator.call(billing.SET_CREDIT_LIMIT, request)
        self.settle()

    def charge(self) -> None:
        """Let the job run, and all that comes of it."""
        self.billing_service.charging.run()
        self.settle()

    def pass_time(self, **step: float) -> None:
        self.site.clock.move(timedelta(**step))

    def suspend(
        self, service: UUID, reason: SuspensionReason = SuspensionReason.POLICY
    ) -> None:
        request = inventory.Suspend(service_id=service, why="", reason=reason)
        self.site.operator.call(inventory.SUSPEND_SERVICE, request)
        self.settle()

    def resume(self, service: UUID) -> None:
        self._move(inventory.RESUME_SERVICE, service)

    def terminate(self, service: UUID) -> None:
        self._move(inventory.TERMINATE_SERVICE, service)

    def request_end(
        self, service: UUID, time: TerminationTime = TerminationTime.END_OF_PERIOD
    ) -> None:
        request = inventory.RequestTermination(service_id=service, time=time)
        self.site.operator.call(inventory.REQUEST_TERMINATION, request)
        self.settle()

    def withdraw_end(self, service: UUID) -> None:
        self._move(inventory.WITHDRAW_TERMINATION, service)

    def cancel(self, service: UUID) -> None:
        self._move(inventory.CANCEL_SERVICE, service)

    def change_plan(self, service: UUID, plan: str) -> None:
        request = inventory.ChangePlan(service_id=service, plan_code=plan)
        self.site.operator.call(inventory.CHANGE_PLAN, request)
        self.settle()

    def change_price(self, service: UUID, price: str) -> None:
        request = inventory.ChangePrice(service_id=service, price=euros(price))
        self.site.operator.call(inventory.CHANGE_PRICE, request)
        self.settle()

    def live_in(self, time_zone: str) -> None:
        """Change the company's time zone, as its owner does."""
        get, request = identity.GET_COMPANY, identity.GetCompany()
        details = asdict(self._call_as(Role.OWNER, get, request))
        del details["id"]
        moved = identity.ChangeCompany(**details | {"time_zone": time_zone})
        self._call_as(Role.OWNER, identity.CHANGE_COMPANY, moved)
        self.settle()

    def charged_times(self, service: UUID) -> list[tuple[datetime, datetime]]:
        """From when to when each period was charged, in order."""
        with self.database.system() as session:
            rows = session.execute(
                text(
                    "SELECT starts_at, ends_at FROM charges WHERE service_id = :id "
                    "AND kind IN ('charge', 'grace') ORDER BY starts_at, ends_at"
                ),
                {"id": service},
            )
            return [(row.starts_at, row.ends_at) for row in rows]

    def _move(
        self,
        method: Method[inventory.ChangeState, inventory.Service],
        service: UUID,
    ) -> None:
        self.site.operator.call(method, inventory.ChangeState(service_id=service))
        self.settle()

    def service(self, service_id: UUID) -> inventory.Service:
        with self.inventory_service.database.system() as session:
            return details.get_service(session, service_id).service

    @property
    def balance(self) -> Decimal:
        with self.database.system() as session:
            found = session.scalar(
                text("SELECT balance FROM wallets WHERE company_id = :id"),
                {"id": self.company_id},
            )
        assert isinstance(found, Decimal)
        return found

    def balances(self) -> list[Decimal]:
        """What each movement of the wallet left in it."""
        with self.database.system() as session:
            wanted = text("SELECT balance FROM transactions WHERE company_id = :id")
            return list(session.scalars(wanted, {"id": self.company_id}))

    def news_of_payment(self) -> list[int]:
        """The versions of what inventory was told of services, in their order."""
        with self.database.system() as session:
            return list(
                session.scalars(
                    text(
                        "SELECT (envelope->>'version')::int FROM outbox "
                        "WHERE envelope->>'name' IN "
                        "('services_overdue', 'funds_restored') "
                        "AND envelope->>'company_id' = :id ORDER BY position"
                    ),
                    {"id": str(self.company_id)},
                )
            )

    def wallet_versions(self) -> list[int]:
        """The versions that events have told of, in their order."""
        with self.database.system() as session:
            return list(
                session.scalars(
                    text(
                        "SELECT (envelope->>'version')::int FROM outbox "
                        "WHERE envelope->>'name' = 'wallet_changed' "
                        "AND envelope->>'company_id' = :id ORDER BY position"
                    ),
                    {"id": str(self.company_id)},
                )
            )

    def overdue(self) -> Decimal:
        """What the dashboard says is to be paid, beside what falls due."""
        with self.database.company(self.company_id) as session:
            now = self.site.clock.now()
            shown = dashboard.show(session, Limits(), now)
        return shown.wallets[0].recommendation.overdue.amount

    def charges(self) -> list[tuple[str, Decimal]]:
        """Kind and amount of each row, in the order of their time."""
        with self.database.system() as session:
            rows = session.execute(
                text(
                    "SELECT kind, amount FROM charges WHERE company_id = :id "
                    "ORDER BY starts_at, kind"
                ),
                {"id": self.company_id},
            )
            return [(row.kind, row.amount) for row in rows]

    def list_charges(self, **wanted: Any) -> charging.ChargePage:
        """What a viewer of the company is shown."""
        wanted_charges = charging.ListCharges(**wanted)
        return self._call_as(Role.VIEWER, charging.LIST_CHARGES, wanted_charges)

    def subscription(self, service: UUID) -> charging.Subscription:
        """What a viewer of the company is shown of a service's payment."""
        wanted = charging.GetSubscription(service_id=service)
        found = self._call_as(Role.VIEWER, charging.GET_SUBSCRIPTION, wanted)
        assert found.subscription
        return found.subscription

    def _call_as(
        self, role: Role, method: Method[RequestT, ResponseT], request: RequestT
    ) -> ResponseT:
        """Call a service as somebody of the company."""
        key = load_private_key(self.site.var / "keys" / "principal.key")
        principals = Principals(self.site.clock.now(), key)
        call = DirectCalls(self.site.services.dispatchers[method.service])
        return call(method, request, principals.user(role, self.company_id))

    def differences(self) -> list[str]:
        verified = self.site.operator.call(billing.VERIFY_BOOKS, billing.VerifyBooks())
        return verified.differences

    def charge_due(self, *, dry_run: bool = False) -> charging.Charged:
        request = charging.ChargeDue(dry_run=dry_run)
        return self.site.operator.call(charging.CHARGE_DUE, request)
