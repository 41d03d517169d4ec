"""Attempts to pay a top-up: prepared, and known to a gateway.

Their outcome is reported: see `services.billing.payments.reports`.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.billing.gateways.gateway import Checkout, Order
from services.billing.models.payments import Payment
from services.billing.models.top_ups import OPEN, TopUp
from services.billing.top_ups.lifecycle import lock_top_up, move, require_open
from services.billing.top_ups.views import payments_of
from shared.contracts.billing.payments import GatewayName, PaymentState
from shared.contracts.billing.top_ups import TopUpState
from shared.money import Money, currency_of
from shared.rpc.change import Change

FIRST_ASKED_AFTER = timedelta(seconds=10)
"""A notice usually comes sooner than that."""

UNPAID = frozenset({PaymentState.CREATED, PaymentState.PENDING})
"""Money may still come of these."""


@dataclass(frozen=True)
class Attempt:
    """A payment of a top-up, whose row is locked."""

    top_up: TopUp
    payment: Payment


def prepare(change: Change, top_up_id: UUID) -> Attempt:
    """The payment that is under way for a top-up, or else a new one.

    Raises:
        NotFound: ``no_such_top_up``.
        Conflict: ``top_up_ended`` with ``state``.
    """
    top_up = lock_top_up(change.db, top_up_id)
    require_open(top_up)
    for payment in payments_of(change.db, top_up):
        if payment.state in UNPAID:
            return Attempt(top_up, payment)
    payment = draft(change, top_up, top_up.gateway)
    change.db.add(payment)
    change.db.flush()
    return Attempt(top_up, payment)


def payment_by(change: Change, gateway: GatewayName, top_up_id: UUID) -> Payment:
    """The payment that money is reported for which came by a gateway unasked.

    It is the first by that gateway: whatever way the customer had chosen, the money
    names the top-up.
    """
    top_up = lock_top_up(change.db, top_up_id)
    for payment in payments_of(change.db, top_up):
        if payment.gateway is gateway:
            return payment
    payment = draft(change, top_up, gateway)
    change.db.add(payment)
    change.db.flush()
    return payment


def order_of(attempt: Attempt, return_url: str) -> Order:
    payment = attempt.payment
    return Order(
        payment_id=payment.id,
        company_id=payment.company_id,
        reference=attempt.top_up.reference,
        amount=amount_of(payment),
        return_url=return_url,
    )


def keep_checkout(
    change: Change, top_up_id: UUID, payment_id: UUID, checkout: Checkout
) -> Attempt:
    """Note that the gateway knows of a payment, which may have gone on meanwhile.

    It is asked about even if its top-up has ended: it can be paid there now. Of two
    checkouts that were opened at once, the first that is noted stays.
    """
    top_up = lock_top_up(change.db, top_up_id)
    payment = change.db.get_one(Payment, payment_id)
    attempt = Attempt(top_up, payment)
    if payment.checkout is not None:
        return attempt
    payment.checkout = checkout.id
    payment.redirect_url = checkout.redirect_url
    if payment.state is not PaymentState.SUCCEEDED:
        payment.ask_at = change.call.now + FIRST_ASKED_AFTER
    if payment.state is PaymentState.CREATED and top_up.state in OPEN:
        payment.state = PaymentState.PENDING
        move(change, top_up, TopUpState.PENDING)
    return attempt


def ask_no_more(change: Change, top_up_id: UUID, payment_id: UUID) -> None:
    """Note that it can't be paid any more, so no report of it will come."""
    lock_top_up(change.db, top_up_id)
    change.db.get_one(Payment, payment_id).ask_at = None


def draft(change: Change, top_up: TopUp, gateway: GatewayName) -> Payment:
    return Payment(
        id=change.runtime.new_id(),
        company_id=top_up.company_id,
        top_up_id=top_up.id,
        gateway=gateway,
        state=PaymentState.CREATED,
        currency=top_up.currency,
        amount=top_up.gross,
        net=top_up.net,
        tax=top_up.tax,
        method="",
        created_at=change.call.now,
    )


def amount_of(payment: Payment) -> Money:
    return Money(payment.amount, currency_of(payment.currency))
