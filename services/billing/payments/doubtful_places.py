"""Payments of private customers whose place is not shown by enough evidence."""

from datetime import date
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from services.billing.models.parties import Company
from services.billing.models.payments import Payment
from services.billing.models.top_ups import TopUp
from services.billing.payments.attempts import amount_of
from services.billing.tax.receipts import tax_of
from shared.contracts import billing
from shared.contracts.billing.tax import PlaceEvidence
from shared.db.paging import (
    MAX_BATCH,
    check_day,
    check_limit,
    decode_cursor,
    encode_cursor,
)
from shared.wire import from_wire


def list_doubtful(
    session: Session, request: billing.tax.ListDoubtfulPlaces
) -> billing.tax.DoubtfulPlaces:
    """One page of all companies' payments, the oldest first; see the contract."""
    check_limit(request.limit, MAX_BATCH)
    check_day(request.first_day)
    check_day(request.last_day)
    place = (Payment.received_on, Payment.id)
    query = (
        select(Payment, TopUp, Company.name)
        .join(TopUp, TopUp.id == Payment.top_up_id)
        .join(Company, Company.company_id == Payment.company_id)
        .where(
            Payment.has_doubtful_place.is_(True),
            Payment.received_on.between(request.first_day, request.last_day),
        )
    )
    if request.cursor is not None:
        query = query.where(
            tuple_(*place) > decode_cursor(request.cursor, tuple[date, UUID])
        )
    found = session.execute(query.order_by(*place).limit(request.limit + 1)).all()
    rows, more = found[: request.limit], found[request.limit :]
    last = rows[-1][0] if more else None
    return billing.tax.DoubtfulPlaces(
        payments=[_view(payment, top_up, name) for payment, top_up, name in rows],
        next=encode_cursor(last.received_on, last.id) if last else None,
    )


def _view(payment: Payment, top_up: TopUp, name: str) -> billing.tax.DoubtfulPlace:
    assert payment.received_on is not None
    return billing.tax.DoubtfulPlace(
        payment_id=payment.id,
        company_id=payment.company_id,
        company=name,
        reference=top_up.reference,
        amount=amount_of(payment),
        received_on=payment.received_on,
        reason=tax_of(top_up, payment).reason,
        evidence=from_wire(payment.place_evidence, PlaceEvidence),
    )
