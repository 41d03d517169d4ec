"""Top-ups, from the quote to the end."""

from sqlalchemy.orm import Session

from services.billing.forecast import effects
from services.billing.forecast import quotes as shown_quotes
from services.billing.parties.verifications import keep_verification
from services.billing.surface.billing_methods import BillingMethods
from services.billing.top_ups import allowances, beginning, lifecycle, quotes, views
from shared.contracts import billing
from shared.contracts.identity.verification.levels import (
    VERIFICATION_CHANGED,
    CompanyVerification,
)
from shared.db.events import Envelope
from shared.rpc.call import Call
from shared.rpc.service import in_transaction, on_event


class TopUpMethods(BillingMethods, is_part=True):
    @in_transaction(billing.top_ups.QUOTE_TOP_UP)
    def quote_top_up(
        self, db: Session, call: Call, request: billing.top_ups.QuoteTopUp
    ) -> billing.top_ups.ShownQuote:
        return shown_quotes.show(db, self._terms(db, call), call, request.net)

    @in_transaction(billing.settlement.GET_TOP_UP_EFFECTS)
    def get_top_up_effects(
        self, db: Session, call: Call, request: billing.settlement.GetTopUpEffects
    ) -> billing.settlement.FoundEffects:
        return effects.find(db, request, call.now)

    @in_transaction(billing.top_ups.BEGIN_TOP_UP)
    def begin_top_up(
        self, db: Session, call: Call, request: billing.top_ups.BeginTopUp
    ) -> billing.top_ups.TopUp:
        change, terms = self.change(db, call), self._terms(db, call)
        top_up = beginning.begin(change, terms, request)
        self._wake_after(db, self._documents_waiting)
        return views.view(db, top_up)

    @in_transaction(billing.top_ups.GET_TOP_UP)
    def get_top_up(
        self, db: Session, _call: Call, request: billing.top_ups.GetTopUp
    ) -> billing.top_ups.TopUp:
        return self._checkouts.show(db, request.top_up_id)

    @in_transaction(billing.top_ups.LIST_OPEN_TOP_UPS)
    def list_open_top_ups(
        self, db: Session, _call: Call, _request: billing.top_ups.ListOpenTopUps
    ) -> billing.top_ups.OpenTopUps:
        return lifecycle.list_open(db)

    @in_transaction(billing.top_ups.CANCEL_TOP_UP)
    def cancel_top_up(
        self, db: Session, call: Call, request: billing.top_ups.CancelTopUp
    ) -> billing.top_ups.TopUp:
        top_up = lifecycle.cancel(self.change(db, call), request.top_up_id)
        return views.view(db, top_up)

    @on_event(billing.top_ups.TOP_UP_SETTLED)
    def see_top_up(
        self, db: Session, _envelope: Envelope[billing.top_ups.TopUp]
    ) -> None:
        self._wake_after(db, self._documents_waiting)

    @in_transaction(billing.limits.GET_TOP_UP_LIMITS)
    def get_top_up_limits(
        self, db: Session, call: Call, _request: billing.limits.GetTopUpLimits
    ) -> billing.limits.TopUpLimitsFound:
        company_id = call.principal.require_company()
        return allowances.find_limits(db, self._limits, company_id)

    @in_transaction(billing.limits.SET_TOP_UP_LIMITS)
    def set_top_up_limits(
        self, db: Session, call: Call, request: billing.limits.SetTopUpLimits
    ) -> billing.limits.Allowance:
        return allowances.set_limits(self.change(db, call), self._limits, request)

    @on_event(VERIFICATION_CHANGED)
    def take_in_verification(
        self, db: Session, envelope: Envelope[CompanyVerification]
    ) -> None:
        keep_verification(db, envelope)

    def _terms(self, db: Session, call: Call) -> quotes.Terms:
        seller = self._callers_seller(db, call)
        return quotes.Terms(self._limits, seller, self._checkouts.ways_to_pay(seller))
