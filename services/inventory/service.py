"""Inventory's RPC surface: each method decodes, calls its topic's module, encodes."""

from datetime import timedelta
from typing import ClassVar

from sqlalchemy.orm import Session

from services.inventory import counters, rebuilding, republishing
from services.inventory.importing import catalogue as catalog_import
from services.inventory.importing import services as services_import
from services.inventory.importing import staging
from services.inventory.lifecycle import payments, transitions
from services.inventory.reading import details, listing
from shared.contract import Nothing, ServiceContract
from shared.contracts import inventory
from shared.contracts.billing import charging
from shared.db.events import Envelope
from shared.principal import system
from shared.rpc.change import Change
from shared.rpc.service import Call, Job, Service, in_transaction, on_event


class InventoryService(Service):
    """The catalogue, companies' services and their history."""

    contract: ClassVar[ServiceContract] = inventory.CONTRACT

    @in_transaction(inventory.DASHBOARD)
    def dashboard(
        self, db: Session, _call: Call, _request: inventory.Dashboard
    ) -> inventory.DashboardCounters:
        return counters.dashboard(db)

    @in_transaction(inventory.LIST_SERVICES)
    def list_services(
        self, db: Session, call: Call, request: inventory.ListServices
    ) -> inventory.ServicePage:
        return listing.list_services(db, call.principal.require_company(), request)

    @in_transaction(inventory.GET_SERVICE)
    def get_service(
        self, db: Session, _call: Call, request: inventory.GetService
    ) -> inventory.ServiceDetails:
        return details.get_service(db, request.service_id)

    @in_transaction(inventory.NAME_SERVICES)
    def name_services(
        self, db: Session, _call: Call, request: inventory.NameServices
    ) -> inventory.ServiceNames:
        return details.name_services(db, request.service_ids)

    @in_transaction(inventory.CREATE_SERVICE)
    def create_service(
        self, db: Session, call: Call, request: inventory.CreateService
    ) -> inventory.Service:
        return transitions.create_service(self._change(db, call), request)

    @in_transaction(inventory.ACTIVATE_SERVICE)
    def activate_service(
        self, db: Session, call: Call, request: inventory.ChangeState
    ) -> inventory.Service:
        return transitions.activate_service(self._change(db, call), request)

    @in_transaction(inventory.SUSPEND_SERVICE)
    def suspend_service(
        self, db: Session, call: Call, request: inventory.Suspend
    ) -> inventory.Service:
        return transitions.suspend_service(self._change(db, call), request)

    @in_transaction(inventory.RESUME_SERVICE)
    def resume_service(
        self, db: Session, call: Call, request: inventory.ChangeState
    ) -> inventory.Service:
        return transitions.resume_service(self._change(db, call), request)

    @in_transaction(inventory.TERMINATE_SERVICE)
    def terminate_service(
        self, db: Session, call: Call, request: inventory.ChangeState
    ) -> inventory.Service:
        return transitions.terminate_service(self._change(db, call), request)

    @in_transaction(inventory.CANCEL_SERVICE)
    def cancel_service(
        self, db: Session, call: Call, request: inventory.ChangeState
    ) -> inventory.Service:
        return transitions.cancel_service(self._change(db, call), request)

    @in_transaction(inventory.REQUEST_TERMINATION)
    def request_termination(
        self, db: Session, call: Call, request: inventory.RequestTermination
    ) -> inventory.Service:
        return transitions.request_termination(self._change(db, call), request)

    @in_transaction(inventory.WITHDRAW_TERMINATION)
    def withdraw_termination(
        self, db: Session, call: Call, request: inventory.ChangeState
    ) -> inventory.Service:
        return transitions.withdraw_termination(self._change(db, call), request)

    @in_transaction(inventory.CHANGE_PLAN)
    def change_plan(
        self, db: Session, call: Call, request: inventory.ChangePlan
    ) -> inventory.Service:
        return transitions.change_plan(self._change(db, call), request)

    @in_transaction(inventory.CHANGE_PRICE)
    def change_price(
        self, db: Session, call: Call, request: inventory.ChangePrice
    ) -> inventory.Service:
        return transitions.change_price(self._change(db, call), request)

    @in_transaction(inventory.STAGE_CATALOG)
    def stage_catalog(
        self, db: Session, call: Call, request: inventory.StageCatalog
    ) -> inventory.Staged:
        return catalog_import.stage_catalog(db, request, call.now)

    @in_transaction(inventory.APPLY_CATALOG)
    def apply_catalog(
        self, db: Session, call: Call, request: inventory.ApplyImport
    ) -> inventory.Applied:
        return catalog_import.apply_catalog(self._change(db, call), request.import_id)

    @in_transaction(inventory.STAGE_SERVICES)
    def stage_services(
        self, db: Session, call: Call, request: inventory.StageServices
    ) -> inventory.Staged:
        return services_import.stage_services(db, self.runtime, request, call.now)

    @in_transaction(inventory.APPLY_SERVICES)
    def apply_services(
        self, db: Session, call: Call, request: inventory.ApplyImport
    ) -> inventory.Applied:
        return services_import.apply_services(self._change(db, call), request.import_id)

    @in_transaction(inventory.DISCARD_IMPORT)
    def discard_import(
        self, db: Session, _call: Call, request: inventory.ApplyImport
    ) -> Nothing:
        staging.discard(db, request.import_id)
        return Nothing()

    @in_transaction(inventory.VERIFY_COUNTERS)
    def verify_counters(
        self, db: Session, _call: Call, _request: inventory.VerifyCounters
    ) -> inventory.Verified:
        return inventory.Verified(differences=counters.differences(db))

    @in_transaction(inventory.REBUILD_COUNTERS)
    def rebuild_counters(
        self, db: Session, _call: Call, request: inventory.RebuildCounters
    ) -> inventory.RebuiltCounters:
        return rebuilding.rebuild_counters(db, request)

    @in_transaction(inventory.REPUBLISH_SERVICES)
    def republish_services(
        self, db: Session, call: Call, request: inventory.RepublishServices
    ) -> inventory.Republished:
        return republishing.republish_services(self._change(db, call), request)

    @on_event(charging.SERVICES_OVERDUE)
    def suspend_overdue(
        self, db: Session, envelope: Envelope[charging.PaymentNews]
    ) -> None:
        payments.suspend_overdue(self._by_billing(db, envelope), envelope.body)

    @on_event(charging.FUNDS_RESTORED)
    def resume_restored(
        self, db: Session, envelope: Envelope[charging.PaymentNews]
    ) -> None:
        payments.resume_restored(self._by_billing(db, envelope), envelope.body)

    @on_event(charging.PERIODS_ENDED)
    def end_with_period(
        self, db: Session, envelope: Envelope[charging.PaymentNews]
    ) -> None:
        payments.end_with_period(self._by_billing(db, envelope), envelope.body)

    def jobs(self) -> tuple[Job, ...]:
        return (Job("forget_old_imports", timedelta(hours=1), self._forget_imports),)

    def _by_billing(
        self, db: Session, envelope: Envelope[charging.PaymentNews]
    ) -> Change:
        now = self.runtime.clock.now()
        return Change(
            db, self.runtime, Call(system("billing"), envelope.request_id, now)
        )

    def _change(self, db: Session, call: Call) -> Change:
        return Change(db, self.runtime, call)

    def _forget_imports(self, _request_id: str) -> None:
        with self.database.system() as db:
            staging.forget_old(db, self.runtime.clock.now())
