"""Billing's RPC surface: each method decodes, calls its topic's module, encodes."""

import threading
from typing import ClassVar

from sqlalchemy import event
from sqlalchemy.orm import Session

from services.billing import (
    adjustments,
    books,
    dashboard,
    rebuilding,
    subscriptions,
    tax_id_checks,
    tax_ids,
    tax_profiles,
    tax_rates,
    wallets,
)
from services.billing.settings import BillingSettings
from services.billing.vies import NoRegister, Register, Vies
from shared.contract import ServiceContract
from shared.contracts import billing, identity, inventory
from shared.contracts.billing import tax
from shared.database import Database
from shared.events import Envelope
from shared.runtime import Runtime
from shared.service import Call, Job, Service, in_transaction, on_event

_STANDARD = BillingSettings()


class BillingService(Service):
    """Wallets, the ledger, recurring costs, recommendations, tax."""

    contract: ClassVar[ServiceContract] = billing.CONTRACT

    def __init__(
        self,
        database: Database,
        runtime: Runtime,
        settings: BillingSettings = _STANDARD,
    ) -> None:
        super().__init__(database, runtime)
        self._limits = settings.limits
        self._seller = settings.seller
        self._register: Register = NoRegister()
        if settings.vies_url:
            self._register = Vies(settings.vies_url, settings.seller.vat_id)
        self._tax_ids_waiting = threading.Event()

    def jobs(self) -> tuple[Job, ...]:
        return (
            Job(
                "check_tax_ids",
                tax_id_checks.EVERY,
                self.check_tax_ids,
                wake=self._tax_ids_waiting,
            ),
        )

    def check_tax_ids(self) -> None:
        tax_id_checks.check_due(
            self.database, self.runtime, self._register, self._seller
        )

    @in_transaction(billing.DASHBOARD)
    def dashboard(
        self, db: Session, call: Call, _request: billing.Dashboard
    ) -> billing.BillingDashboard:
        return dashboard.show(db, self._limits, call.now)

    @in_transaction(billing.OPEN_WALLET)
    def open_wallet(
        self, db: Session, call: Call, request: billing.OpenWallet
    ) -> billing.WalletView:
        return wallets.view(wallets.open_wallet(db, self.runtime, call, request))

    @in_transaction(billing.SET_CREDIT_LIMIT)
    def set_credit_limit(
        self, db: Session, call: Call, request: billing.SetCreditLimit
    ) -> billing.WalletView:
        return wallets.view(wallets.set_credit_limit(db, self.runtime, call, request))

    @in_transaction(billing.SET_COMFORT_BUFFER)
    def set_comfort_buffer(
        self, db: Session, call: Call, request: billing.SetComfortBuffer
    ) -> billing.WalletView:
        wallet = wallets.set_comfort_buffer(db, self.runtime, call, request)
        return wallets.view(wallet)

    @in_transaction(billing.ADJUST_WALLET)
    def adjust_wallet(
        self, db: Session, call: Call, request: billing.AdjustWallet
    ) -> billing.WalletView:
        wallet = adjustments.post_adjustment(db, self.runtime, call, request)
        return wallets.view(wallet)

    @in_transaction(billing.VERIFY_BOOKS)
    def verify_books(
        self, db: Session, _call: Call, _request: billing.VerifyBooks
    ) -> billing.Verified:
        return billing.Verified(differences=books.verify(db))

    @in_transaction(billing.REBUILD_ROLLUPS)
    def rebuild_rollups(
        self, db: Session, _call: Call, request: billing.RebuildRollups
    ) -> billing.RebuiltRollups:
        return rebuilding.rebuild_rollups(db, request)

    @in_transaction(tax.GET_TAX_PROFILE)
    def get_tax_profile(
        self, db: Session, call: Call, _request: tax.GetTaxProfile
    ) -> tax.TaxProfile:
        company_id = call.principal.require_company()
        return tax_profiles.view(db, self._seller, company_id, call.now)

    @in_transaction(tax.SET_TAX_ID)
    def set_tax_id(
        self, db: Session, call: Call, request: tax.SetTaxId
    ) -> tax.TaxProfile:
        company_id = call.principal.require_company()
        if tax_ids.set_tax_id(db, call, company_id, request):
            tax_ids.tell_of_change(
                db, self.runtime, self._seller, company_id, call.request_id
            )
            self._wake_checks_after(db)
        return tax_profiles.view(db, self._seller, company_id, call.now)

    @in_transaction(tax.CONFIRM_TAX_ID)
    def confirm_tax_id(
        self, db: Session, call: Call, request: tax.ConfirmTaxId
    ) -> tax.TaxProfile:
        tax_ids.confirm_tax_id(db, call, request)
        company_id = request.company_id
        tax_ids.tell_of_change(
            db, self.runtime, self._seller, company_id, call.request_id
        )
        return tax_profiles.view(db, self._seller, company_id, call.now)

    @in_transaction(tax.LIST_TAX_RATES)
    def list_tax_rates(
        self, db: Session, call: Call, request: tax.ListTaxRates
    ) -> tax.TaxRates:
        return tax_rates.view(tax_rates.list_rates(db, call.now, request.country))

    @in_transaction(tax.ADD_TAX_RATE)
    def add_tax_rate(
        self, db: Session, call: Call, request: tax.AddTaxRate
    ) -> tax.TaxRates:
        tax_rates.add_rate(db, call, request)
        return tax_rates.view(tax_rates.list_rates(db, call.now, request.country))

    @on_event(*inventory.SERVICE_EVENTS)
    def take_in_service(
        self, db: Session, envelope: Envelope[inventory.Service]
    ) -> None:
        subscriptions.take_in_service(db, envelope)

    @on_event(identity.COMPANY_CHANGED)
    def take_in_company(
        self, db: Session, envelope: Envelope[identity.Company]
    ) -> None:
        changed = subscriptions.take_in_company(db, envelope)
        company_id = envelope.body.id
        if changed & tax_ids.CHECKED_FIELDS:
            tax_ids.ask_again(db, company_id, self.runtime.clock.now())
            self._wake_checks_after(db)
        if changed & tax_ids.READ_FIELDS:
            tax_ids.tell_of_change(
                db, self.runtime, self._seller, company_id, envelope.request_id
            )

    def _wake_checks_after(self, db: Session) -> None:
        """Once this is committed, and not before, there is something to check."""

        def wake(_session: Session) -> None:
            self._tax_ids_waiting.set()

        event.listen(db, "after_commit", wake, once=True)
