"""Billing's RPC surface: each method decodes, calls its topic's module, encodes."""

import threading
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.orm import Session

from services.billing.audit import books, charge_growth, rebuilding
from services.billing.charging import subscription_views, subscriptions
from services.billing.charging.job import Charging
from services.billing.documents import export as document_export
from services.billing.documents import files as document_files
from services.billing.documents import issuing
from services.billing.documents import listing as document_list
from services.billing.forecast import dashboard
from services.billing.ledger import adjustments, wallets
from services.billing.parties import companies
from services.billing.parties.sellers import Seller
from services.billing.payments import bank_transfers
from services.billing.payments.cards import Cards
from services.billing.payments.checkout import Checkouts
from services.billing.refunds import invoice_credits
from services.billing.refunds import lifecycle as refunds
from services.billing.refunds import requests as refund_requests
from services.billing.settings import BillingSettings
from services.billing.tax import exchange_rates
from services.billing.tax import id_checks as tax_id_checks
from services.billing.tax import ids as tax_ids
from services.billing.tax import profiles as tax_profiles
from services.billing.tax import rates as tax_rates
from services.billing.tax.vies import NoRegister, Register, Vies
from services.billing.top_ups import beginning, quotes
from services.billing.top_ups import lifecycle as top_ups
from services.billing.top_ups import views as top_up_views
from services.billing.transactions import charge_list
from services.billing.transactions import listing as transactions
from shared.contract import Nothing, ServiceContract
from shared.contracts import billing, identity, inventory
from shared.contracts.billing import cards as cards_contract
from shared.contracts.billing import charging as charging_contract
from shared.contracts.billing import documents, tax
from shared.contracts.billing import exchange_rates as exchange_contract
from shared.contracts.billing import refund_requests as requests_contract
from shared.contracts.billing import top_ups as money_in
from shared.contracts.billing import transactions as listed
from shared.contracts.billing import wallets as own_wallets
from shared.db.database import Database
from shared.db.events import Envelope
from shared.principal import system
from shared.rpc.change import Change
from shared.rpc.service import Call, Job, Service, handles, in_transaction, on_event
from shared.runtime import Runtime

_STANDARD = BillingSettings()

_ASKS_GATEWAYS_EVERY = timedelta(seconds=5)
_CHARGES_EVERY = timedelta(minutes=1)
_LOOKS_AFTER_EVERY = timedelta(hours=6)
_EXPIRES_EVERY = timedelta(minutes=5)
_ISSUES_EVERY = timedelta(seconds=10)


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
        self._sellers = settings.sellers
        self._register: Register = NoRegister()
        if settings.vies_url:
            self._register = Vies(settings.vies_url)
        self._tax_ids_waiting = threading.Event()
        self._cards = Cards(database, settings.gateways)
        self._checkouts = Checkouts(database, runtime, settings.gateways, self._cards)
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
            Job("reconcile_payments", _ASKS_GATEWAYS_EVERY, checkouts.reconcile_due),
            Job("send_refunds", _ASKS_GATEWAYS_EVERY, checkouts.send_refunds),
            Job("expire_top_ups", _EXPIRES_EVERY, checkouts.expire),
            Job(
                "issue_documents",
                _ISSUES_EVERY,
                self._issue_documents,
                wake=self._documents_waiting,
            ),
        )

    def _issue_documents(self, request_id: str) -> None:
        """Issue what is ordered, and make the files of what was issued."""
        database, runtime = self.database, self.runtime
        while issuing.issue_ordered(
            database, runtime, self._issuer, request_id
        ) + document_files.make_due(database, runtime):
            pass

    def _check_tax_ids(self, request_id: str) -> None:
        checks = tax_id_checks.Checks(
            self.database, self.runtime, self._register, self._sellers, request_id
        )
        checks.run()

    @in_transaction(billing.DASHBOARD)
    def dashboard(
        self, db: Session, call: Call, _request: billing.Dashboard
    ) -> billing.BillingDashboard:
        return dashboard.show(db, self._limits, call.now)

    @in_transaction(billing.OPEN_WALLET)
    def open_wallet(
        self, db: Session, call: Call, request: billing.OpenWallet
    ) -> billing.WalletView:
        return wallets.view(wallets.open_wallet(self._change(db, call), request))

    @in_transaction(billing.SET_CREDIT_LIMIT)
    def set_credit_limit(
        self, db: Session, call: Call, request: billing.SetCreditLimit
    ) -> billing.WalletView:
        return wallets.view(wallets.set_credit_limit(self._change(db, call), request))

    @in_transaction(billing.SET_COMFORT_BUFFER)
    def set_comfort_buffer(
        self, db: Session, call: Call, request: billing.SetComfortBuffer
    ) -> billing.WalletView:
        wallet = wallets.set_comfort_buffer(self._change(db, call), request)
        return wallets.view(wallet)

    @in_transaction(own_wallets.LIST_WALLETS)
    def list_wallets(
        self, db: Session, call: Call, _request: own_wallets.ListWallets
    ) -> own_wallets.Wallets:
        return wallets.list_wallets(db, self._callers_seller(db, call))

    @in_transaction(own_wallets.ADD_WALLET)
    def add_wallet(
        self, db: Session, call: Call, request: own_wallets.AddWallet
    ) -> billing.WalletView:
        change, seller = self._change(db, call), self._callers_seller(db, call)
        return wallets.view(wallets.add_wallet(change, seller, request.currency))

    @in_transaction(own_wallets.MAKE_PRIMARY)
    def make_primary(
        self, db: Session, call: Call, request: own_wallets.MakePrimary
    ) -> billing.WalletView:
        change = self._change(db, call)
        return wallets.view(wallets.make_primary(change, request.currency))

    @in_transaction(billing.ADJUST_WALLET)
    def adjust_wallet(
        self, db: Session, call: Call, request: billing.AdjustWallet
    ) -> billing.WalletView:
        wallet = adjustments.post_adjustment(self._change(db, call), request)
        return wallets.view(wallet)

    @in_transaction(listed.LIST_TRANSACTIONS)
    def list_transactions(
        self, db: Session, call: Call, request: listed.ListTransactions
    ) -> listed.TransactionPage:
        return transactions.list_transactions(db, request, call.now)

    @in_transaction(documents.LIST_DOCUMENTS)
    def list_documents(
        self, db: Session, _call: Call, request: documents.ListDocuments
    ) -> documents.DocumentPage:
        return document_list.list_documents(db, request)

    @in_transaction(documents.GET_DOCUMENT)
    def get_document(
        self, db: Session, _call: Call, request: documents.GetDocument
    ) -> documents.WholeDocument:
        return document_list.get(db, request.document_id)

    @in_transaction(documents.GET_DOCUMENT_FILE)
    def get_document_file(
        self, db: Session, _call: Call, request: documents.GetDocumentFile
    ) -> documents.DocumentFile:
        return document_files.get_file(db, request.document_id, request.format)

    @in_transaction(documents.CREDIT_INVOICE)
    def credit_invoice(
        self, db: Session, call: Call, request: documents.CreditInvoice
    ) -> money_in.GivenBack:
        return invoice_credits.credit(self._change(db, call), request)

    @handles(documents.REBUILD_DOCUMENT)
    def rebuild_document(
        self, _call: Call, request: documents.RebuildDocument
    ) -> Nothing:
        document_files.rebuild(self.database, self.runtime, request)
        return Nothing()

    @in_transaction(documents.EXPORT_DOCUMENTS)
    def export_documents(
        self, db: Session, _call: Call, request: documents.ExportDocuments
    ) -> documents.BookkeepingPage:
        return document_export.export(db, request)

    @in_transaction(money_in.QUOTE_TOP_UP)
    def quote_top_up(
        self, db: Session, call: Call, request: money_in.QuoteTopUp
    ) -> money_in.TopUpQuote:
        return quotes.quote(db, self._terms(db, call), call, request.net)

    @in_transaction(money_in.BEGIN_TOP_UP)
    def begin_top_up(
        self, db: Session, call: Call, request: money_in.BeginTopUp
    ) -> money_in.TopUp:
        change, terms = self._change(db, call), self._terms(db, call)
        top_up = beginning.begin(change, terms, request)
        self._wake_after(db, self._documents_waiting)
        return top_up_views.view(db, top_up)

    @handles(money_in.START_PAYMENT)
    def start_payment(
        self, call: Call, request: money_in.StartPayment
    ) -> money_in.StartedPayment:
        return self._checkouts.start(call, request)

    @handles(cards_contract.SHOW_CARD_FORM)
    def show_card_form(
        self, call: Call, request: cards_contract.ShowCardForm
    ) -> cards_contract.CardForm:
        return self._cards.show_form(call, request.top_up_id)

    @handles(cards_contract.FORGET_CARD)
    def forget_card(self, call: Call, request: cards_contract.ForgetCard) -> Nothing:
        self._cards.forget(call, request.card)
        return Nothing()

    @in_transaction(money_in.GET_TOP_UP)
    def get_top_up(
        self, db: Session, _call: Call, request: money_in.GetTopUp
    ) -> money_in.TopUp:
        return self._checkouts.show(db, request.top_up_id)

    @in_transaction(money_in.LIST_OPEN_TOP_UPS)
    def list_open_top_ups(
        self, db: Session, _call: Call, _request: money_in.ListOpenTopUps
    ) -> money_in.OpenTopUps:
        return top_ups.list_open(db)

    @in_transaction(money_in.CANCEL_TOP_UP)
    def cancel_top_up(
        self, db: Session, call: Call, request: money_in.CancelTopUp
    ) -> money_in.TopUp:
        top_up = top_ups.cancel(self._change(db, call), request.top_up_id)
        return top_up_views.view(db, top_up)

    @handles(money_in.TAKE_PAYMENT_NOTICE)
    def take_payment_notice(
        self, call: Call, request: money_in.PaymentNotice
    ) -> Nothing:
        self._checkouts.take_notice(call, request)
        return Nothing()

    @in_transaction(money_in.REFUND_TOP_UP)
    def refund_top_up(
        self, db: Session, call: Call, request: money_in.RefundTopUp
    ) -> money_in.GivenBack:
        return refunds.refund(self._change(db, call), request)

    @in_transaction(requests_contract.ASK_FOR_REFUND)
    def ask_for_refund(
        self, db: Session, call: Call, request: requests_contract.AskForRefund
    ) -> requests_contract.RefundRequest:
        return refund_requests.ask(self._change(db, call), request)

    @in_transaction(requests_contract.LIST_REFUND_REQUESTS)
    def list_refund_requests(
        self, db: Session, _call: Call, request: requests_contract.ListRefundRequests
    ) -> requests_contract.RefundRequestPage:
        return refund_requests.list_open(db, self._sellers, request)

    @in_transaction(requests_contract.GRANT_REFUND_REQUEST)
    def grant_refund_request(
        self, db: Session, call: Call, request: requests_contract.GrantRefundRequest
    ) -> requests_contract.RefundRequest:
        return refund_requests.grant(self._change(db, call), request.payment_id)

    @in_transaction(requests_contract.DECLINE_REFUND_REQUEST)
    def decline_refund_request(
        self, db: Session, call: Call, request: requests_contract.DeclineRefundRequest
    ) -> requests_contract.RefundRequest:
        return refund_requests.decline(self._change(db, call), request)

    @handles(money_in.BOOK_BANK_PAYMENTS)
    def book_bank_payments(
        self, call: Call, request: money_in.BookBankPayments
    ) -> money_in.BankBookings:
        bookings = bank_transfers.book(
            self.database, self.runtime, call, request.credits
        )
        return money_in.BankBookings(bookings=bookings)

    @handles(money_in.RECONCILE_PAYMENTS)
    def reconcile_payments(
        self, call: Call, _request: money_in.ReconcilePayments
    ) -> money_in.Reconciled:
        return self._checkouts.reconcile(call.request_id)

    @handles(charging_contract.CHARGE_DUE)
    def charge_due(
        self, call: Call, request: charging_contract.ChargeDue
    ) -> charging_contract.Charged:
        return self.charging.charge_due(call.request_id, request)

    @in_transaction(charging_contract.LIST_CHARGES)
    def list_charges(
        self, db: Session, _call: Call, request: charging_contract.ListCharges
    ) -> charging_contract.ChargePage:
        return charge_list.list_charges(db, request)

    @in_transaction(charging_contract.GET_SUBSCRIPTION)
    def get_subscription(
        self, db: Session, _call: Call, request: charging_contract.GetSubscription
    ) -> charging_contract.FoundSubscription:
        return subscription_views.find_subscription(db, request)

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
        return self._tax_profile(db, call, call.principal.require_company())

    @in_transaction(tax.SET_TAX_ID)
    def set_tax_id(
        self, db: Session, call: Call, request: tax.SetTaxId
    ) -> tax.TaxProfile:
        change, company_id = self._change(db, call), call.principal.require_company()
        if tax_ids.set_tax_id(change, company_id, request):
            self._tell_of_tax(change, company_id)
            self._wake_checks_after(db)
        return self._tax_profile(db, call, company_id)

    @in_transaction(tax.CONFIRM_TAX_ID)
    def confirm_tax_id(
        self, db: Session, call: Call, request: tax.ConfirmTaxId
    ) -> tax.TaxProfile:
        change = self._change(db, call)
        tax_ids.confirm_tax_id(change, request)
        self._tell_of_tax(change, request.company_id)
        return self._tax_profile(db, call, request.company_id)

    @in_transaction(tax.LIST_TAX_RATES)
    def list_tax_rates(
        self, db: Session, _call: Call, request: tax.ListTaxRates
    ) -> tax.TaxRates:
        return tax_rates.view(tax_rates.list_rates(db, request.country))

    @in_transaction(tax.ADD_TAX_RATE)
    def add_tax_rate(
        self, db: Session, call: Call, request: tax.AddTaxRate
    ) -> tax.TaxRates:
        tax_rates.add_rate(self._change(db, call), request)
        return tax_rates.view(tax_rates.list_rates(db, request.country))

    @in_transaction(exchange_contract.IMPORT_EXCHANGE_RATES)
    def import_exchange_rates(
        self, db: Session, call: Call, request: exchange_contract.ImportExchangeRates
    ) -> exchange_contract.ImportedRates:
        return exchange_rates.record(self._change(db, call), request)

    @on_event(*inventory.SERVICE_EVENTS)
    def take_in_service(
        self, db: Session, envelope: Envelope[inventory.Service]
    ) -> None:
        subscriptions.take_in_service(self._change_by(db, envelope), envelope)
        self._wake_after(db, self.charging.wake)

    @on_event(billing.WALLET_CHANGED)
    def see_wallet(self, db: Session, _envelope: Envelope[billing.WalletView]) -> None:
        self._wake_after(db, self.charging.wake)

    @on_event(money_in.TOP_UP_SETTLED)
    def see_top_up(self, db: Session, _envelope: Envelope[money_in.TopUp]) -> None:
        self._wake_after(db, self._documents_waiting)

    @on_event(identity.COMPANY_CHANGED)
    def take_in_company(
        self, db: Session, envelope: Envelope[identity.Company]
    ) -> None:
        change = self._change_by(db, envelope)
        changed = subscriptions.take_in_company(db, envelope)
        company_id = envelope.body.id
        if changed & tax_ids.CHECKED_FIELDS:
            tax_ids.ask_again(db, company_id, change.call.now)
            self._wake_checks_after(db)
        if changed & tax_ids.READ_FIELDS:
            self._tell_of_tax(change, company_id)

    def _seller_of(self, db: Session, company_id: UUID) -> Seller:
        return companies.seller_of(db, self._sellers, company_id)

    def _callers_seller(self, db: Session, call: Call) -> Seller:
        return self._seller_of(db, call.principal.require_company())

    def _terms(self, db: Session, call: Call) -> quotes.Terms:
        seller = self._callers_seller(db, call)
        return quotes.Terms(self._limits, seller, self._checkouts.ways_to_pay(seller))

    def _tax_profile(self, db: Session, call: Call, company_id: UUID) -> tax.TaxProfile:
        seller = self._seller_of(db, company_id)
        return tax_profiles.view(db, seller, company_id, call.now)

    def _tell_of_tax(self, change: Change, company_id: UUID) -> None:
        seller = self._seller_of(change.db, company_id)
        tax_ids.tell_of_change(change, seller, company_id)

    def _wake_checks_after(self, db: Session) -> None:
        self._wake_after(db, self._tax_ids_waiting)

    def _wake_after(self, db: Session, job: threading.Event) -> None:
        """Once this is committed, and not before, there is something for the job."""

        def wake(_session: Session) -> None:
            job.set()

        event.listen(db, "after_commit", wake, once=True)

    def _change(self, db: Session, call: Call) -> Change:
        return Change(db, self.runtime, call)

    def _change_by(self, db: Session, envelope: Envelope[Any]) -> Change:
        """A change that an event makes."""
        now = self.runtime.clock.now()
        return self._change(db, Call(system("billing"), envelope.request_id, now))

    def _look_after_charges(self, _request_id: str) -> None:
        charge_growth.look_after(self.database, self.runtime.clock.now())
