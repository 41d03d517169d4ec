"""Gateways' reports: finding their payment, and booking it.

A report is booked once, however often, late or out of order it comes, and a payment
that came is never swallowed: not for a top-up that has ended, nor a second time, nor
with another amount than was asked for.
"""

from collections.abc import Sequence

import structlog
from sqlalchemy import select

from services.billing.gateways.gateway import (
    News,
    Outcome,
    RefundOutcome,
    RefundReport,
    Report,
)
from services.billing.models.payments import Payment
from services.billing.models.refunds import Refund
from services.billing.models.top_ups import OPEN, TopUp
from services.billing.parties.sellers import Sellers
from services.billing.payments.attempts import UNPAID, amount_of, draft
from services.billing.payments.chargebacks import charge_back
from services.billing.payments.reversals import reverse
from services.billing.payments.settling import settle
from services.billing.refunds import lifecycle as refunds
from services.billing.top_ups.lifecycle import lock_top_up, move
from services.billing.top_ups.views import payments_of
from shared.contracts import billing
from shared.contracts.billing.payments import PaymentState
from shared.contracts.billing.top_ups import TopUpState
from shared.rpc.change import Change

log = structlog.get_logger()


_STATES = {
    Outcome.PENDING: PaymentState.PENDING,
    Outcome.FAILED: PaymentState.FAILED,
    Outcome.CANCELLED: PaymentState.CANCELLED,
}


_MOVED_MONEY = (Outcome.SUCCEEDED, Outcome.CHARGED_BACK)
"""What may be reported first of a transaction that did."""


_DISPUTED = (Outcome.CHARGED_BACK, Outcome.REINSTATED)
"""What may come in another currency than the payment's."""


def book_reports(change: Change, sellers: Sellers, reports: Sequence[News]) -> bool:
    """Book what a gateway reports; returns whether anything was new.

    What is no payment of ours is passed over: an account at a gateway may serve others.
    """
    news = [
        _book_refund_report(change, report)
        if isinstance(report, RefundReport)
        else _book_report(change, sellers, report)
        for report in reports
    ]
    return any(news)


def _book_refund_report(change: Change, report: RefundReport) -> bool:
    refund = change.db.get(Refund, report.refund_id)
    if refund is None:
        log.error("refund_differs", refund=str(report.refund_id))
        return False
    before = refund.state
    match report.outcome:
        case RefundOutcome.SUCCEEDED:
            refunds.settle(change, refund)
        case RefundOutcome.FAILED:
            refunds.give_up(change, refund, report.failure)
        case RefundOutcome.PENDING:
            pass
    return refund.state is not before


def _book_report(change: Change, sellers: Sellers, report: Report) -> bool:
    top_up_id = change.db.scalar(
        select(Payment.top_up_id).where(Payment.id == report.payment_id)
    )
    if top_up_id is None:
        log.warning("payment_unknown", payment=str(report.payment_id))
        return False
    # All that concerns one top-up goes through here one after the other.
    top_up = lock_top_up(change.db, top_up_id)
    is_foreign = report.amount.currency.code != top_up.currency
    if is_foreign and report.outcome not in _DISPUTED:
        log.error("payment_in_another_currency", payment=str(report.payment_id))
        return False
    payment = _payment_of(change, top_up, report)
    before = payment.state
    match report.outcome:
        case Outcome.SUCCEEDED:
            settle(change, sellers, top_up, payment, report)
        case Outcome.CHARGED_BACK:
            return charge_back(change, sellers, top_up, payment, report)
        case Outcome.REINSTATED:
            return reverse(change, top_up, payment, report)
        case _ if before in UNPAID:
            _note(change, top_up, payment, report)
    return payment.state is not before


def _payment_of(change: Change, top_up: TopUp, report: Report) -> Payment:
    """The payment that a report is about; a new one for a further transaction."""
    payments = payments_of(change.db, top_up)
    for payment in payments:
        if payment.transaction == report.transaction:
            return payment
    ordered = next(each for each in payments if each.id == report.payment_id)
    if ordered.transaction is None or ordered.state in UNPAID:
        return ordered
    if report.outcome not in _MOVED_MONEY:
        return ordered
    further = draft(change, top_up, ordered.gateway)
    further.checkout = ordered.checkout
    change.db.add(further)
    return further


def _note(change: Change, top_up: TopUp, payment: Payment, report: Report) -> None:
    """Keep how an attempt goes that has brought no money."""
    payment.state = _STATES[report.outcome]
    payment.transaction = report.transaction
    payment.paid_with = report.paid_with
    payment.failure = report.failure
    if report.outcome is Outcome.PENDING or top_up.state not in OPEN:
        return
    payment.settled_at = change.call.now
    failed = report.outcome is Outcome.FAILED
    state = TopUpState.FAILED if failed else TopUpState.CANCELLED
    move(change, top_up, state)
    if failed:
        _emit_failure(change, top_up, payment)


def _emit_failure(change: Change, top_up: TopUp, payment: Payment) -> None:
    change.emit(
        billing.announcements.PAYMENT_FAILED,
        billing.announcements.FailedPayment(
            id=payment.id,
            top_up_id=top_up.id,
            reference=top_up.reference,
            amount=amount_of(payment),
            failure=payment.failure,
        ),
        company_id=top_up.company_id,
        version=top_up.version,
    )
