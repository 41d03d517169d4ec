"""A payment that succeeded: credited once, and marked if it may be a duplicate.

Money that came is credited whatever has become of its top-up: it may have ended, been
paid before, or been begun for another amount.
"""

from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import aliased

from services.billing.gateways.gateway import Report
from services.billing.ledger.wallets import lock_wallet
from services.billing.models.ledger import EntryKind
from services.billing.models.payments import PAID, Payment
from services.billing.models.top_ups import OPEN, TopUp
from services.billing.parties.sellers import Sellers
from services.billing.payments.attempts import amount_of
from services.billing.payments.posting import post_payment, split_tax
from services.billing.tax.receipts import note_receipt, tax_of
from services.billing.top_ups.document_orders import Wanted, order
from services.billing.top_ups.duplicates import WINDOW, Paid, is_instalment, may_repeat
from services.billing.top_ups.lifecycle import move
from services.billing.top_ups.views import stayed
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.billing.payments import PaymentState
from shared.contracts.billing.top_ups import TopUpState
from shared.money import Money
from shared.rpc.change import Change

log = structlog.get_logger()

_NOT_PAID = {*OPEN, TopUpState.FAILED, TopUpState.CANCELLED, TopUpState.EXPIRED}


def settle(
    change: Change, sellers: Sellers, top_up: TopUp, payment: Payment, report: Report
) -> None:
    """Credit a payment to its wallet, unless it was, and order its invoice."""
    if payment.state in PAID:
        return
    repeated = _repeated(change, top_up, payment, report)
    payment.duplicate_of = repeated.id if repeated else None
    _mark_succeeded(payment, report, change.call.now)
    note_receipt(change, sellers.named(top_up.seller), top_up, payment, report)
    money_in = split_tax(tax_of(top_up, payment), report.amount)
    payment.amount = report.amount.amount
    payment.net, payment.tax = money_in.net, money_in.tax
    post_payment(change, payment, money_in, EntryKind.TOP_UP)
    net, tax = money_in.net, money_in.tax
    order(change, top_up, Wanted(DocumentKind.INVOICE, net, tax, payment.id))
    if top_up.settled_at is not None:
        about = {"top_up": top_up.reference, "payment": str(payment.id)}
        log.warning("payment_after_the_end", **about)
    # A top-up that was refunded or charged back before keeps saying so.
    is_unpaid = top_up.state in _NOT_PAID
    move(change, top_up, TopUpState.SUCCEEDED if is_unpaid else top_up.state)


def _mark_succeeded(payment: Payment, report: Report, now: datetime) -> None:
    payment.transaction = report.transaction
    payment.paid_with = report.paid_with
    payment.failure = None
    payment.ask_at = None
    payment.settled_at = now
    payment.state = PaymentState.SUCCEEDED


def _repeated(
    change: Change, top_up: TopUp, payment: Payment, report: Report
) -> Payment | None:
    """The payment that this one may repeat: its own top-up's, or another one's."""
    earlier = stayed(change.db, top_up)
    if not earlier:
        return _equal_elsewhere(change, top_up, payment, report)
    currency = report.amount.currency
    came = Money(sum(each.amount for each in earlier), currency)
    if is_instalment(came, report.amount, Money(top_up.gross, currency)):
        return None
    return earlier[0]


def _equal_elsewhere(
    change: Change, top_up: TopUp, payment: Payment, report: Report
) -> Payment | None:
    """The payment of another top-up that this one may repeat.

    Of those alone that a quote tells of: not of one that was asked for in another
    amount, nor of a further payment, which repeats its own top-up's.
    """
    session, now = change.db, change.call.now
    # Of two that come at once, the second one sees the first.
    lock_wallet(session, top_up.company_id, top_up.currency)
    repeated = aliased(Payment)
    others = session.execute(
        select(Payment, TopUp)
        .join(TopUp, TopUp.id == Payment.top_up_id)
        .outerjoin(repeated, repeated.id == Payment.duplicate_of)
        .where(
            Payment.company_id == top_up.company_id,
            Payment.top_up_id != top_up.id,
            Payment.state == PaymentState.SUCCEEDED,
            Payment.settled_at >= now - WINDOW,
            repeated.top_up_id.is_distinct_from(Payment.top_up_id),
            TopUp.gross == top_up.gross,
            TopUp.state != TopUpState.REFUNDED,
        )
        .order_by(Payment.settled_at, Payment.id)
    )
    paid = _paid(top_up, payment, report.amount, now)
    equal = (
        other
        for other, its in others
        if may_repeat(paid, _paid(its, other, amount_of(other), other.settled_at))
    )
    return next(equal, None)


def _paid(top_up: TopUp, payment: Payment, amount: Money, at: datetime | None) -> Paid:
    paid_at = at or payment.created_at
    begun_at, is_intended = top_up.created_at, top_up.is_intended
    return Paid(amount, payment.gateway, paid_at, begun_at, is_intended)
