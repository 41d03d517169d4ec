"""Inventory's RPC surface: each method decodes, calls its topic's module, encodes."""

from datetime import timedelta
from typing import ClassVar

from sqlalchemy.orm import Session

from services.inventory import counters, rebuilding, republishing
from services.inventory.importing import catalogue as catalog_import
from services.inventory.importing import services as services_import
from services.inventory.importing import staging
from services.inventory.lifecycle import (
    announcements,
    closing,
    handovers,
    payments,
    transitions,
)
from services.inventory.reading import details, listing
from shared.contract import Nothing, ServiceContract
from shared.contracts import billing, identity, inventory
from shared.db.events import Envelope
from shared.rpc.call import Call
from shared.rpc.service import Job, Service, in_transaction, on_event


class InventoryService(Service):
    """The catalogue, companies' services and their history."""

    contract: ClassVar[ServiceContract] = inventory.CONTRACT

    @in_transaction(inventory.reading.DASHBOARD)
    def dashboard(
        self, db: Session, _call: Call, _request: inventory.reading.Dashboard
    ) -> inventory.reading.DashboardCounters:
        return counters.dashboard(db)

    @in_transaction(inventory.reading.LIST_SERVICES)
    def list_services(
        self, db: Session, call: Call, request: inventory.reading.ListServices
    ) -> inventory.reading.ServicePage:
        return listing.list_services(db, call.principal.require_company(), request)

    @in_transaction(inventory.reading.GET_SERVICE)
    def get_service(
        self, db: Session, _call: Call, request: inventory.reading.GetService
    ) -> inventory.reading.ServiceDetails:
        return details.get_service(db, request.service_id)

    @in_transaction(inventory.reading.NAME_SERVICES)
    def name_services(
        self, db: Session, _call: Call, request: inventory.reading.NameServices
    ) -> inventory.reading.ServiceNames:
        return details.name_services(db, request.service_ids)

    @in_transaction(inventory.lifecycle.CREATE_SERVICE)
    def create_service(
        self, db: Session, call: Call, request: inventory.lifecycle.CreateService
    ) -> inventory.services.Service:
        return transitions.create_service(self.change(db, call), request)

    @in_transaction(inventory.lifecycle.ACTIVATE_SERVICE)
    def activate_service(
        self, db: Session, call: Call, request: inventory.lifecycle.ChangeState
    ) -> inventory.services.Service:
        return transitions.activate_service(self.change(db, call), request)

    @in_transaction(inventory.lifecycle.SUSPEND_SERVICE)
    def suspend_service(
        self, db: Session, call: Call, request: inventory.lifecycle.Suspend
    ) -> inventory.services.Service:
        return announcements.suspend_service(self.change(db, call), request)

    @in_transaction(inventory.lifecycle.RESUME_SERVICE)
    def resume_service(
        self, db: Session, call: Call, request: inventory.lifecycle.ChangeState
    ) -> inventory.services.Service:
        return announcements.resume_service(self.change(db, call), request)

    @in_transaction(inventory.lifecycle.TERMINATE_SERVICE)
    def terminate_service(
        self, db: Session, call: Call, request: inventory.lifecycle.ChangeState
    ) -> inventory.services.Service:
        return transitions.terminate_service(self.change(db, call), request)

    @in_transaction(inventory.lifecycle.CANCEL_SERVICE)
    def cancel_service(
        self, db: Session, call: Call, request: inventory.lifecycle.ChangeState
    ) -> inventory.services.Service:
        return transitions.cancel_service(self.change(db, call), request)

    @in_transaction(inventory.lifecycle.REQUEST_TERMINATION)
    def request_termination(
        self, db: Session, call: Call, request: inventory.lifecycle.RequestTermination
    ) -> inventory.services.Service:
        return transitions.request_termination(self.change(db, call), request)

    @in_transaction(inventory.lifecycle.WITHDRAW_TERMINATION)
    def withdraw_termination(
        self, db: Session, call: Call, request: inventory.lifecycle.ChangeState
    ) -> inventory.services.Service:
        return transitions.withdraw_termination(self.change(db, call), request)

    @in_transaction(inventory.lifecycle.CHANGE_PLAN)
    def change_plan(
        self, db: Session, call: Call, request: inventory.lifecycle.ChangePlan
    ) -> inventory.services.Service:
        return transitions.change_plan(self.change(db, call), request)

    @in_transaction(inventory.lifecycle.CHANGE_PRICE)
    def change_price(
        self, db: Session, call: Call, request: inventory.lifecycle.ChangePrice
    ) -> inventory.services.Service:
        return transitions.change_price(self.change(db, call), request)

    @in_transaction(inventory.importing.STAGE_CATALOG)
    def stage_catalog(
        self, db: Session, call: Call, request: inventory.importing.StageCatalog
    ) -> inventory.importing.Staged:
        return catalog_import.stage_catalog(db, request, call.now)

    @in_transaction(inventory.importing.APPLY_CATALOG)
    def apply_catalog(
        self, db: Session, call: Call, request: inventory.importing.ApplyImport
    ) -> inventory.importing.Applied:
        return catalog_import.apply_catalog(self.change(db, call), request.import_id)

    @in_transaction(inventory.importing.STAGE_SERVICES)
    def stage_services(
        self, db: Session, call: Call, request: inventory.importing.StageServices
    ) -> inventory.importing.Staged:
        return services_import.stage_services(db, self.runtime, request, call.now)

    @in_transaction(inventory.importing.APPLY_SERVICES)
    def apply_services(
        self, db: Session, call: Call, request: inventory.importing.ApplyImport
    ) -> inventory.importing.Applied:
        return services_import.apply_services(self.change(db, call), request.import_id)

    @in_transaction(inventory.importing.DISCARD_IMPORT)
    def discard_import(
        self, db: Session, _call: Call, request: inventory.importing.ApplyImport
    ) -> Nothing:
        staging.discard(db, request.import_id)
        return Nothing()

    @in_transaction(inventory.upkeep.VERIFY_COUNTERS)
    def verify_counters(
        self, db: Session, _call: Call, _request: inventory.upkeep.VerifyCounters
    ) -> inventory.upkeep.Verified:
        return inventory.upkeep.Verified(differences=counters.differences(db))

    @in_transaction(inventory.upkeep.REBUILD_COUNTERS)
    def rebuild_counters(
        self, db: Session, _call: Call, request: inventory.upkeep.RebuildCounters
    ) -> inventory.upkeep.RebuiltCounters:
        return rebuilding.rebuild_counters(db, request)

    @in_transaction(inventory.upkeep.REPUBLISH_SERVICES)
    def republish_services(
        self, db: Session, call: Call, request: inventory.upkeep.RepublishServices
    ) -> inventory.upkeep.Republished:
        return republishing.republish_services(self.change(db, call), request)

    @on_event(billing.charging.SERVICES_OVERDUE)
    def suspend_overdue(
        self, db: Session, envelope: Envelope[billing.charging.PaymentNews]
    ) -> None:
        payments.suspend_overdue(
            self.change_by(db, envelope, envelope.source), envelope
        )

    @on_event(billing.charging.FUNDS_RESTORED)
    def resume_restored(
        self, db: Session, envelope: Envelope[billing.charging.PaymentNews]
    ) -> None:
        payments.resume_restored(
            self.change_by(db, envelope, envelope.source), envelope
        )

    @on_event(billing.charging.PERIODS_ENDED)
    def end_with_period(
        self, db: Session, envelope: Envelope[billing.charging.PaymentNews]
    ) -> None:
        payments.end_with_period(
            self.change_by(db, envelope, envelope.source), envelope
        )

    @on_event(identity.companies.COMPANY_CHANGED)
    def follow_company(
        self, db: Session, envelope: Envelope[identity.companies.Company]
    ) -> None:
        change = self.change_by(db, envelope, envelope.source)
        closing.end_services(change, envelope.body)

    @on_event(billing.handovers.HANDOVER_CHANGED)
    def hand_over(
        self, db: Session, envelope: Envelope[billing.handovers.Handover]
    ) -> None:
        handovers.hand_over(self.change_by(db, envelope, envelope.source), envelope)

    def jobs(self) -> tuple[Job, ...]:
        return (Job("forget_old_imports", timedelta(hours=1), self._forget_imports),)

    def _forget_imports(self, _request_id: str) -> None:
        with self.database.system() as db:
            staging.forget_old(db, self.runtime.clock.now())
