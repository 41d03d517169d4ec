"""An inventory service with a standing clock, a small catalogue and two companies."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from services.inventory.service import InventoryService
from shared.clock import ManualClock
from shared.contract import Method, RequestT, ResponseT
from shared.contracts import inventory
from shared.contracts.identity import Role
from shared.contracts.inventory import CatalogRow, Period, ServiceRow
from shared.db.database import Database
from shared.money import Money
from shared.rpc.dispatch import Dispatcher
from shared.runtime import Runtime
from tests.fixtures.direct_calls import DirectCalls
from tests.fixtures.principals import Principals

START = datetime(2026, 3, 1, 9, 30, 0, 250_000, tzinfo=UTC)
COMPANY = UUID(int=1)
STRANGER = UUID(int=2)

PLANS = {
    "lxc-s": ("lxc", "LXC S", "4.50"),
    "lxc-l": ("lxc", "LXC L", "18.00"),
    "web-pro": ("hosting", "Web Pro", "9.90"),
    "vpn-5": ("vpn", "Team VPN", "2.50"),
}
FAMILIES = {"lxc": "LXC", "hosting": "Hosting", "vpn": "VPN"}


def catalog_row(plan: str = "lxc-s", **values: str) -> CatalogRow:
    family, name, price = PLANS.get(plan, ("lxc", plan, "1.00"))
    row = {
        "line": "1",
        "family_code": family,
        "family_name": FAMILIES[family],
        "plan_code": plan,
        "plan_name": name,
        "currency": "EUR",
        "period": "month",
        "price": price,
    }
    return CatalogRow(**(row | values))


def service_row(reference: str = "S-1", **values: str) -> ServiceRow:
    row = {
        "line": "1",
        "company_id": str(COMPANY),
        "reference": reference,
        "name": f"Service {reference}",
        "plan_code": "lxc-s",
        "currency": "EUR",
        "period": "month",
    }
    return ServiceRow(**(row | values))


@dataclass
class Warehouse:
    database: Database
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    principals: Principals = field(default_factory=lambda: Principals(START))
    call: DirectCalls = field(init=False)
    service: InventoryService = field(init=False)

    def __post_init__(self) -> None:
        runtime = Runtime(self.clock, random.Random(7))
        self.service = InventoryService(self.database, runtime)
        self.call = DirectCalls(Dispatcher(self.service, self.principals.verify_key))

    def operate(
        self, method: Method[RequestT, ResponseT], request: RequestT
    ) -> ResponseT:
        return self.call(method, request, self.principals.operator())

    def ask(
        self,
        method: Method[RequestT, ResponseT],
        request: RequestT,
        company_id: UUID = COMPANY,
    ) -> ResponseT:
        """Call as a customer of least power."""
        viewer = self.principals.user(Role.VIEWER, company_id)
        return self.call(method, request, viewer)

    def import_catalog(self, *rows: CatalogRow) -> inventory.Applied:
        staged, applied = self.try_catalog(*rows)
        assert staged.refused == []
        return applied

    def try_catalog(
        self, *rows: CatalogRow
    ) -> tuple[inventory.Staged, inventory.Applied]:
        import_id = uuid4()
        stage = inventory.StageCatalog(import_id=import_id, rows=list(rows))
        staged = self.operate(inventory.STAGE_CATALOG, stage)
        apply = inventory.ApplyImport(import_id=import_id)
        return staged, self.operate(inventory.APPLY_CATALOG, apply)

    def import_services(self, *rows: ServiceRow) -> inventory.Applied:
        staged, applied = self.try_services(*rows)
        assert staged.refused == []
        return applied

    def try_services(
        self, *rows: ServiceRow
    ) -> tuple[inventory.Staged, inventory.Applied]:
        import_id = uuid4()
        stage = inventory.StageServices(import_id=import_id, rows=list(rows))
        staged = self.operate(inventory.STAGE_SERVICES, stage)
        apply = inventory.ApplyImport(import_id=import_id)
        return staged, self.operate(inventory.APPLY_SERVICES, apply)

    def add_service(
        self,
        reference: str = "S-1",
        *,
        plan: str = "lxc-s",
        company_id: UUID = COMPANY,
        price: Money | None = None,
        name: str = "",
    ) -> inventory.Service:
        request = inventory.CreateService(
            company_id=company_id,
            reference=reference,
            name=name or f"Service {reference}",
            plan_code=plan,
            currency="EUR",
            period=Period.MONTH,
            price=price,
        )
        return self.operate(inventory.CREATE_SERVICE, request)

    def activate(self, service: inventory.Service) -> inventory.Service:
        request = inventory.ChangeState(service_id=service.id)
        return self.operate(inventory.ACTIVATE_SERVICE, request)

    def history_of(self, service: inventory.Service) -> list[inventory.HistoryRow]:
        """Its history, oldest first."""
        request = inventory.GetService(service_id=service.id)
        details = self.ask(inventory.GET_SERVICE, request, service.company_id)
        return list(reversed(details.history))

    def events(self) -> list[dict[str, Any]]:
        """The envelopes in the outbox, in their order."""
        with self.database.system() as db:
            rows = db.execute(text("SELECT envelope FROM outbox ORDER BY position"))
            return [row.envelope for row in rows]

    def count(self, table: str) -> int:
        with self.database.system() as db:
            return int(db.scalar(text(f"SELECT count(*) FROM {table}")) or 0)

    def counter_differences(self) -> list[str]:
        found = self.operate(inventory.VERIFY_COUNTERS, inventory.VerifyCounters())
        return found.differences

    def later(self, minutes: int = 1) -> None:
        self.clock.move(timedelta(minutes=minutes))
