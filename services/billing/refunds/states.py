"""The states that follow money which is there again.

A refund that was not paid out and a dispute that was won leave more of a payment than
its state, its top-up's and its refund request's may say.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.billing.models.payments import Chargeback, ChargebackState, Payment
from services.billing.models.top_ups import TopUp
from services.billing.refunds.decisions import reopen_request
from services.billing.top_ups.lifecycle import move
from services.billing.top_ups.views import Given, given_back, left_of, stayed
from shared.contracts.billing.payments import PaymentState
from shared.contracts.billing.top_ups import TopUpState
from shared.rpc.change import Change


def follow_money(change: Change, top_up: TopUp, payment: Payment) -> None:
    """Update the states of a payment, its request and its top-up to what is left."""
    session = change.db
    session.flush()
    given = given_back(session, top_up)
    _follow_disputes(session, payment, given)
    if left_of(payment, given).net:
        reopen_request(change, payment.id)
    move(change, top_up, _state(session, top_up, given))


def _state(session: Session, top_up: TopUp, given: Given) -> TopUpState:
    payments = stayed(session, top_up)
    if not payments:
        return top_up.state
    if top_up.refunded_net <= 0:
        return TopUpState.SUCCEEDED
    has_more = any(left_of(each, given).net for each in payments)
    return TopUpState.PARTLY_REFUNDED if has_more else TopUpState.REFUNDED


def _follow_disputes(session: Session, payment: Payment, given: Given) -> None:
    """Update whether a payment is disputed, and whether it is still charged back.

    A payment that was charged back by a release without amounts stays charged back.
    """
    rows = session.scalars(
        select(Chargeback).where(
            Chargeback.payment_id == payment.id, Chargeback.booked > 0
        )
    ).all()
    if not rows:
        return
    is_disputed = any(each.state is ChargebackState.BOOKED for each in rows)
    if not is_disputed:
        payment.failure = None
    if left_of(payment, given).net or not is_disputed:
        payment.state = PaymentState.SUCCEEDED
