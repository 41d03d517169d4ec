"""A top-up for the contract, with its payments and refunds."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from msgspec import structs
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.billing.ledger.money_in import MoneyIn
from services.billing.models.payments import (
    PAID,
    Chargeback,
    ChargebackState,
    Payment,
)
from services.billing.models.refunds import Refund, RefundRequest, RefundState
from services.billing.models.top_ups import TopUp
from services.billing.tax.receipts import differs_from_quote, tax_of
from shared.contracts import billing
from shared.contracts.actors import read_actor
from shared.contracts.billing.payments import PaymentState
from shared.contracts.billing.tax import TaxLine, TaxReason
from shared.money import Money, currency_of
from shared.wire import from_wire

Given = dict[UUID, tuple[Decimal, Decimal]]
"""Net and tax that were given back already, or taken back by a bank, by payment."""


def view(session: Session, top_up: TopUp) -> billing.top_ups.TopUp:
    def money(amount: Decimal) -> Money:
        return Money(amount, currency_of(top_up.currency))

    payments = payments_of(session, top_up)
    taken = _chargebacks(session, top_up)
    return billing.top_ups.TopUp(
        id=top_up.id,
        company_id=top_up.company_id,
        reference=top_up.reference,
        state=top_up.state,
        gateway=top_up.gateway,
        net=money(top_up.net),
        tax_lines=from_wire(top_up.tax_lines, list[TaxLine]),
        tax_reason=from_wire(top_up.tax_reason, TaxReason),
        tax=money(top_up.tax),
        gross=money(top_up.gross),
        credited=money(_credited(payments)),
        taken_back=money(_taken(payments, taken)) if taken else None,
        refunded=money(top_up.refunded_net),
        created_at=top_up.created_at,
        begun_by=read_actor(top_up.actor_kind, top_up.actor_name, top_up.created_by),
        expires_at=top_up.expires_at,
        settled_at=top_up.settled_at,
        payments=_payment_views(session, top_up, payments),
    )


def _credited(payments: Sequence[Payment]) -> Decimal:
    paid = (p.net for p in payments if p.state is PaymentState.SUCCEEDED)
    return sum(paid, Decimal(0))


def _taken(payments: Sequence[Payment], taken: Sequence[Chargeback]) -> Decimal:
    """What banks took back of payments of which something is left."""
    stayed = {p.id for p in payments if p.state is PaymentState.SUCCEEDED}
    gone = (each.net for each in taken if each.payment_id in stayed)
    return sum(gone, Decimal(0))


def payments_of(session: Session, top_up: TopUp) -> Sequence[Payment]:
    """All payments of a top-up, oldest first."""
    return session.scalars(
        select(Payment)
        .where(Payment.top_up_id == top_up.id)
        .order_by(Payment.created_at, Payment.id)
    ).all()


def stayed(session: Session, top_up: TopUp) -> list[Payment]:
    """The payments that came and have stayed, oldest first."""
    return [
        payment
        for payment in payments_of(session, top_up)
        if payment.state is PaymentState.SUCCEEDED
    ]


def given_back(session: Session, top_up: TopUp) -> Given:
    refunds = session.scalars(
        select(Refund).where(
            Refund.top_up_id == top_up.id, Refund.state != RefundState.FAILED
        )
    )
    given: Given = {}
    for row in (*refunds, *_chargebacks(session, top_up)):
        net, tax = given.get(row.payment_id, (Decimal(0), Decimal(0)))
        given[row.payment_id] = net + row.net, tax + row.tax
    return given


def left_of(payment: Payment, given: Given) -> MoneyIn:
    """What was not given or taken back yet."""
    net, tax = given.get(payment.id, (Decimal(0), Decimal(0)))
    return MoneyIn(payment.net - net, payment.tax - tax, payment.currency)


def _chargebacks(session: Session, top_up: TopUp) -> Sequence[Chargeback]:
    """Those that were booked; what waits for a person has no net and tax yet."""
    return session.scalars(
        select(Chargeback).where(
            Chargeback.top_up_id == top_up.id,
            Chargeback.state == ChargebackState.BOOKED,
        )
    ).all()


def request_view(
    row: RefundRequest, top_up: TopUp, payment: Payment
) -> billing.refund_requests.RefundRequest:
    return billing.refund_requests.RefundRequest(
        payment_id=row.payment_id,
        company_id=row.company_id,
        top_up_id=row.top_up_id,
        reference=top_up.reference,
        amount=Money(payment.amount - row.gone_before, currency_of(payment.currency)),
        state=row.state,
        reason=row.reason,
        answer=row.answer,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        decided_at=row.decided_at,
    )


def _payment_views(
    session: Session, top_up: TopUp, payments: Sequence[Payment]
) -> list[billing.payments.Payment]:
    views = {each.id: _payment_view(top_up, each) for each in payments}
    duplicates = [each for each in payments if each.duplicate_of]
    if not duplicates:
        return list(views.values())
    repeated = select(Payment.id, Payment.top_up_id).where(
        Payment.id.in_([each.duplicate_of for each in duplicates])
    )
    owners = {each.id: each.top_up_id for each in session.execute(repeated)}
    requests = session.scalars(
        select(RefundRequest).where(RefundRequest.top_up_id == top_up.id)
    )
    by_payment = {row.payment_id: row for row in requests}
    given = given_back(session, top_up)
    for each in duplicates:
        row = by_payment.get(each.id)
        views[each.id] = structs.replace(
            views[each.id],
            duplicate_top_up_id=owners[each.duplicate_of],
            left=_left(each, given),
            refund_request=request_view(row, top_up, each) if row else None,
        )
    return list(views.values())


def _left(payment: Payment, given: Given) -> Money:
    left = left_of(payment, given)
    return Money(left.net + left.tax, currency_of(left.currency))


def _payment_view(top_up: TopUp, payment: Payment) -> billing.payments.Payment:
    ended_at = top_up.settled_at
    paid_at = payment.settled_at if payment.state in PAID else None
    return billing.payments.Payment(
        id=payment.id,
        gateway=payment.gateway,
        state=payment.state,
        amount=Money(payment.amount, currency_of(payment.currency)),
        paid_with=payment.paid_with,
        failure=payment.failure,
        duplicate_of=payment.duplicate_of,
        is_late=bool(ended_at and paid_at and paid_at > ended_at),
        created_at=payment.created_at,
        settled_at=payment.settled_at,
        tax=_other_tax(top_up, payment),
    )


def _other_tax(top_up: TopUp, payment: Payment) -> billing.payments.PaymentTax | None:
    """How a payment was taxed, where that is not as it was quoted."""
    if not differs_from_quote(top_up, payment):
        return None
    currency = currency_of(payment.currency)
    return billing.payments.PaymentTax(
        net=Money(payment.net, currency),
        tax=Money(payment.tax, currency),
        reason=tax_of(top_up, payment).reason,
    )
