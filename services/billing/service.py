"""Billing: the methods of its rooms, which `surface` has, and its jobs."""

import threading
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy.orm import Session

from services.billing.audit import charge_growth
from services.billing.charging.job import Charging
from services.billing.documents import files as document_files
from services.billing.documents import issuing
from services.billing.parties.companies import check_sellers
from services.billing.payments.cards import Cards
from services.billing.payments.checkout import Checkouts
from services.billing.payments.disputes import Disputes
from services.billing.settings import BillingSettings
from services.billing.surface.audit import AuditMethods
from services.billing.surface.charging import ChargingMethods
from services.billing.surface.documents import DocumentMethods
from services.billing.surface.handovers import HandoverMethods
from services.billing.surface.payments import PaymentMethods
from services.billing.surface.refunds import RefundMethods
from services.billing.surface.tax import TaxMethods
from services.billing.surface.top_ups import TopUpMethods
from services.billing.surface.wallets import WalletMethods
from services.billing.tax import id_checks as tax_id_checks
from services.billing.tax.rates import ensure_rates
from services.billing.tax.vies import NoRegister, Register, Vies
from shared.contract import ServiceContract
from shared.contracts import billing
from shared.db.database import Database
from shared.rpc.service import Job
from shared.runtime import Runtime

_STANDARD = BillingSettings()

_ASKS_GATEWAYS_EVERY = timedelta(seconds=5)
_FINDS_DISPUTES_EVERY = timedelta(hours=1)
_CHARGES_EVERY = timedelta(minutes=1)
_LOOKS_AFTER_EVERY = timedelta(hours=6)
_EXPIRES_EVERY = timedelta(minutes=5)
_ISSUES_EVERY = timedelta(seconds=10)


def prepare(session: Session, settings: BillingSettings, now: datetime) -> None:
    """Make the database ready for a service with these settings, before it starts.

    Raises:
        SettingError: a seller is missing that companies buy from.
    """
    check_sellers(session, settings.sellers)
    ensure_rates(session, now)


class BillingService(
    WalletMethods,
    ChargingMethods,
    HandoverMethods,
    TopUpMethods,
    PaymentMethods,
    RefundMethods,
    DocumentMethods,
    TaxMethods,
    AuditMethods,
):
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
        self._sellers = settings.sellers
        self._register: Register = NoRegister()
        if settings.vies_url:
            self._register = Vies(settings.vies_url)
        self._tax_ids_waiting = threading.Event()
        self._cards = Cards(database, settings.gateways)
        self._checkouts = Checkouts(
            database,
            runtime,
            settings.gateways,
            self._cards,
            settings.sellers,
            settings.public_url,
        )
        self._disputes = Disputes(
            database, runtime, settings.gateways, settings.sellers
        )
        self.charging = Charging(database, runtime, settings.grace)
        self._issuer = issuing.Issuer(settings.sellers, settings.gateways)
        self._documents_waiting = threading.Event()

    def jobs(self) -> tuple[Job, ...]:
        checkouts, charging = self._checkouts, self.charging
        return (
            Job("charge", _CHARGES_EVERY, charging.run, wake=charging.wake),
            Job("look_after_charges", _LOOKS_AFTER_EVERY, self._look_after_charges),
            Job(
                "check_tax_ids",
                tax_id_checks.EVERY,
                self._check_tax_ids,
                wake=self._tax_ids_waiting,
            ),
            Job("reconcile_payments", _ASKS_GATEWAYS_EVERY, checkouts.reconcile),
            Job("send_refunds", _ASKS_GATEWAYS_EVERY, checkouts.send_refunds),
            Job("find_disputes", _FINDS_DISPUTES_EVERY, self._disputes.find_missed),
            Job("expire_top_ups", _EXPIRES_EVERY, checkouts.expire),
            Job(
                "issue_documents",
                _ISSUES_EVERY,
                self._issue_documents,
                wake=self._documents_waiting,
            ),
        )

    def _issue_documents(self, request_id: str) -> None:
        """Issue ordered documents, and make the files of issued ones."""
        database, runtime = self.database, self.runtime
        while issuing.issue_ordered(
            database, runtime, self._issuer, request_id
        ) + document_files.make_due(database, runtime, request_id):
            pass

    def _check_tax_ids(self, request_id: str) -> None:
        checks = tax_id_checks.Checks(
            self.database, self.runtime, self._register, self._sellers, request_id
        )
        checks.run()

    def _look_after_charges(self, _request_id: str) -> None:
        charge_growth.look_after(self.database, self.runtime.clock.now())
