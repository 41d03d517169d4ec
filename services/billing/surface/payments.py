"""Payments, by card and by bank."""

from msgspec import structs
from sqlalchemy.orm import Session

from services.billing.payments import bank_transfers, chargebacks, disputes
from services.billing.surface.billing_methods import BillingMethods
from shared.contract import Nothing
from shared.contracts import billing
from shared.rpc.call import Call
from shared.rpc.service import handles, in_transaction


class PaymentMethods(BillingMethods, is_part=True):
    @handles(billing.top_ups.START_PAYMENT)
    def start_payment(
        self, call: Call, request: billing.top_ups.StartPayment
    ) -> billing.top_ups.StartedPayment:
        return self._checkouts.start(call, request)

    @handles(billing.cards.SHOW_CARD_FORM)
    def show_card_form(
        self, call: Call, request: billing.cards.ShowCardForm
    ) -> billing.cards.CardForm:
        return self._cards.show_form(call, request.top_up_id)

    @handles(billing.cards.FORGET_CARD)
    def forget_card(self, call: Call, request: billing.cards.ForgetCard) -> Nothing:
        self._cards.forget(call, request.card)
        self.record(call)
        return Nothing()

    @handles(billing.payments.TAKE_PAYMENT_NOTICE)
    def take_payment_notice(
        self, call: Call, request: billing.payments.PaymentNotice
    ) -> Nothing:
        self._checkouts.take_notice(call, request)
        return Nothing()

    @handles(billing.payments.BOOK_BANK_PAYMENTS)
    def book_bank_payments(
        self, call: Call, request: billing.payments.BookBankPayments
    ) -> billing.payments.BankBookings:
        bookings = bank_transfers.book(
            self.database, self.runtime, self._sellers, call, request
        )
        self.record(call)
        return billing.payments.BankBookings(bookings=bookings)

    @handles(billing.payments.RECONCILE_PAYMENTS)
    def reconcile_payments(
        self, call: Call, _request: billing.payments.ReconcilePayments
    ) -> billing.payments.Reconciled:
        reconciled = self._checkouts.reconcile(call.request_id)
        found = self._disputes.find_missed(call.request_id)
        self.record(call)
        return structs.replace(reconciled, disputes=found)

    @in_transaction(billing.payments.LIST_PAYMENT_PROBLEMS)
    def list_payment_problems(
        self, db: Session, call: Call, _request: billing.payments.ListPaymentProblems
    ) -> billing.payments.PaymentProblems:
        return disputes.problems(db, call.now)

    @in_transaction(billing.payments.BOOK_DISPUTE)
    def book_dispute(
        self, db: Session, call: Call, request: billing.payments.BookDispute
    ) -> Nothing:
        chargebacks.book_waiting(self.change(db, call), request)
        return Nothing()
