"""Billing's RPC surface: each method decodes, calls its topic's module, encodes."""

from typing import ClassVar

from sqlalchemy.orm import Session

from services.billing import (
    adjustments,
    books,
    dashboard,
    rebuilding,
    subscriptions,
    wallets,
)
from services.billing.limits import Limits
from shared.contract import ServiceContract
from shared.contracts import billing, identity, inventory
from shared.database import Database
from shared.events import Envelope
from shared.runtime import Runtime
from shared.service import Call, Service, in_transaction, on_event

_STANDARD_LIMITS = Limits()


class BillingService(Service):
    """Wallets, the ledger, recurring costs, recommendations."""

    contract: ClassVar[ServiceContract] = billing.CONTRACT

    def __init__(
        self, database: Database, runtime: Runtime, limits: Limits = _STANDARD_LIMITS
    ) -> None:
        super().__init__(database, runtime)
        self._limits = limits

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

    @on_event(*inventory.SERVICE_EVENTS)
    def take_in_service(
        self, db: Session, envelope: Envelope[inventory.Service]
    ) -> None:
        subscriptions.take_in_service(db, envelope)

    @on_event(identity.COMPANY_CHANGED)
    def take_in_company(
        self, db: Session, envelope: Envelope[identity.Company]
    ) -> None:
        subscriptions.take_in_company(db, envelope)
