"""Tax profiles, VAT IDs and rates."""

from uuid import UUID

from msgspec.structs import replace
from sqlalchemy.orm import Session

from services.billing.charging import subscriptions
from services.billing.documents import waiting
from services.billing.handovers import handovers
from services.billing.payments.doubtful_places import list_doubtful
from services.billing.refunds import last_refunds
from services.billing.surface.billing_methods import BillingMethods
from services.billing.tax import exchange_rates, ids, profiles, rates
from services.billing.top_ups.concerned import concerned_by
from shared.contracts import billing, identity
from shared.contracts.identity.accounts.standing import Standing
from shared.db.events import Envelope
from shared.rpc.call import Call
from shared.rpc.change import Change
from shared.rpc.service import in_transaction, on_event


class TaxMethods(BillingMethods, is_part=True):
    @in_transaction(billing.tax.GET_TAX_PROFILE)
    def get_tax_profile(
        self, db: Session, call: Call, _request: billing.tax.GetTaxProfile
    ) -> billing.tax.TaxProfile:
        return self._tax_profile(db, call, call.principal.require_company())

    @in_transaction(billing.tax.SET_TAX_ID)
    def set_tax_id(
        self, db: Session, call: Call, request: billing.tax.SetTaxId
    ) -> billing.tax.TaxProfile:
        change, company_id = self.change(db, call), call.principal.require_company()
        if ids.set_tax_id(change, company_id, request):
            self._emit_tax_profile(change, company_id)
            self._wake_checks_after(db)
        return self._tax_profile(db, call, company_id)

    @in_transaction(billing.tax.CONFIRM_TAX_ID)
    def confirm_tax_id(
        self, db: Session, call: Call, request: billing.tax.ConfirmTaxId
    ) -> billing.tax.TaxProfile:
        change = self.change(db, call)
        ids.confirm_tax_id(change, request)
        self._emit_tax_profile(change, request.company_id)
        return self._tax_profile(db, call, request.company_id)

    @in_transaction(billing.tax.LIST_TAX_RATES)
    def list_tax_rates(
        self, db: Session, _call: Call, request: billing.tax.ListTaxRates
    ) -> billing.tax.TaxRates:
        return rates.view(rates.list_rates(db, request.country))

    @in_transaction(billing.tax.ADD_TAX_RATE)
    def add_tax_rate(
        self, db: Session, call: Call, request: billing.tax.AddTaxRate
    ) -> billing.tax.TaxRates:
        rates.add_rate(self.change(db, call), request)
        added = rates.view(rates.list_rates(db, request.country))
        return replace(added, concerned=concerned_by(db, request))

    @in_transaction(billing.tax.LIST_DIFFERING_TAX_IDS)
    def list_differing_tax_ids(
        self, db: Session, _call: Call, _request: billing.tax.ListDifferingTaxIds
    ) -> billing.tax.DifferingTaxIds:
        return ids.list_differing(db)

    @in_transaction(billing.tax.LIST_DOUBTFUL_PLACES)
    def list_doubtful_places(
        self, db: Session, _call: Call, request: billing.tax.ListDoubtfulPlaces
    ) -> billing.tax.DoubtfulPlaces:
        return list_doubtful(db, request)

    @in_transaction(billing.exchange_rates.IMPORT_EXCHANGE_RATES)
    def import_exchange_rates(
        self,
        db: Session,
        call: Call,
        request: billing.exchange_rates.ImportExchangeRates,
    ) -> billing.exchange_rates.ImportedRates:
        imported = exchange_rates.record(self.change(db, call), request)
        waiting.issue_soon(db, call.now)
        self._wake_after(db, self._documents_waiting)
        return imported

    @on_event(identity.companies.COMPANY_CHANGED)
    def take_in_company(
        self, db: Session, envelope: Envelope[identity.companies.Company]
    ) -> None:
        change = self.change_by(db, envelope, "billing")
        changed = subscriptions.apply_company(change, envelope)
        company_id = envelope.body.id
        if "closed_at" in changed:
            last_refunds.cancel_open_top_ups(change, company_id)
        if envelope.body.standing is not Standing.OPEN:
            handovers.withdraw_of(change, company_id)
        if changed & ids.CHECKED_FIELDS:
            ids.ask_again(db, company_id, change.call.now)
            self._wake_checks_after(db)
        if changed & ids.READ_FIELDS:
            self._emit_tax_profile(change, company_id)

    def _tax_profile(
        self, db: Session, call: Call, company_id: UUID
    ) -> billing.tax.TaxProfile:
        seller = self._seller_of(db, company_id)
        return profiles.view(db, seller, company_id, call.now)

    def _emit_tax_profile(self, change: Change, company_id: UUID) -> None:
        seller = self._seller_of(change.db, company_id)
        ids.emit_change(change, seller, company_id)

    def _wake_checks_after(self, db: Session) -> None:
        self._wake_after(db, self._tax_ids_waiting)
