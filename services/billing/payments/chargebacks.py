"""Chargebacks: a customer's bank takes a payment back, and so does the wallet."""

from services.billing.gateways.gateway import Report
from services.billing.ledger.money_in import MoneyIn
from services.billing.models.ledger import EntryKind
from services.billing.models.payments import Payment
from services.billing.models.top_ups import TopUp
from services.billing.parties.sellers import Sellers
from services.billing.payments.attempts import amount_of
from services.billing.payments.posting import first_succeeded, post_payment, split_tax
from services.billing.payments.settling import settle
from services.billing.refunds.decisions import end_request
from services.billing.tax.receipts import tax_of
from services.billing.top_ups.document_orders import TAKEN_BACK, Wanted, order
from services.billing.top_ups.lifecycle import move
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.billing.payments import PaymentState
from shared.contracts.billing.refund_requests import RefundRequestState
from shared.contracts.billing.top_ups import TopUpState
from shared.rpc.change import Change


def charge_back(
    change: Change, sellers: Sellers, top_up: TopUp, payment: Payment, report: Report
) -> None:
    """Take a payment out of its wallet, below zero too, and order a credit note.

    It is booked as it is reported: where a part was refunded, only the rest goes. One
    that was never reported as paid was paid all the same, or could not have been taken
    back.
    """
    if payment.state is PaymentState.CHARGED_BACK:
        return
    settle(change, sellers, top_up, payment, report)
    payment.state = PaymentState.CHARGED_BACK
    payment.failure = report.failure
    taken = _taken(top_up, payment, report)
    post_payment(change, payment, taken, EntryKind.CHARGEBACK)
    kind, net, tax = DocumentKind.CREDIT_NOTE, taken.net, taken.tax
    order(change, top_up, Wanted(kind, net, tax, payment.id, reason=TAKEN_BACK))
    end_request(change, payment.id, RefundRequestState.CHARGED_BACK)
    remaining = first_succeeded(change, top_up)
    move(change, top_up, top_up.state if remaining else TopUpState.CHARGED_BACK)


def _taken(top_up: TopUp, payment: Payment, report: Report) -> MoneyIn:
    if report.amount == amount_of(payment):
        return MoneyIn(payment.net, payment.tax, payment.currency)
    return split_tax(tax_of(top_up, payment), report.amount)
