"""Payments, by card and by bank."""

from services.billing.payments import bank_transfers
from services.billing.surface.part import Part
from shared.contract import Nothing
from shared.contracts.billing import cards as cards_contract
from shared.contracts.billing import top_ups as money_in
from shared.rpc.service import Call, handles


class PaymentMethods(Part):
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

    @handles(money_in.TAKE_PAYMENT_NOTICE)
    def take_payment_notice(
        self, call: Call, request: money_in.PaymentNotice
    ) -> Nothing:
        self._checkouts.take_notice(call, request)
        return Nothing()

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
