"""Attempts to pay that brought no money: no ledger has them, customers ask for them."""

from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from services.billing.models.payments import Payment
from services.billing.models.top_ups import TopUp
from shared.contracts.billing.payments import PaymentState
from shared.contracts.billing.transactions import MOST_FAILED, FailedPayment
from shared.money import Money, currency_of

LISTED_FOR = timedelta(days=30)


def list_failed(session: Session, now: datetime) -> list[FailedPayment]:
    """The session's company's, newest first; what can still be tried again too."""
    declined = and_(Payment.state == PaymentState.PENDING, Payment.failure.is_not(None))
    rows = session.execute(
        select(Payment, TopUp.reference)
        .join(TopUp, TopUp.id == Payment.top_up_id)
        .where(
            or_(Payment.state == PaymentState.FAILED, declined),
            Payment.created_at >= now - LISTED_FOR,
        )
        .order_by(Payment.created_at.desc(), Payment.id)
        .limit(MOST_FAILED)
    )
    return [
        FailedPayment(
            top_up_id=payment.top_up_id,
            reference=reference,
            amount=Money(payment.amount, currency_of(payment.currency)),
            at=payment.settled_at or payment.created_at,
            failure=payment.failure,
        )
        for payment, reference in rows
    ]
