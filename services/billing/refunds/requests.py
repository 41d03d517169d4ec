"""Refund requests: what may have been paid twice, asked back by its customer.

Lock the top-up before changing one.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.billing.models.documents import Document
from services.billing.models.ledger import Wallet
from services.billing.models.parties import Company
from services.billing.models.payments import Chargeback, ChargebackState, Payment
from services.billing.models.refunds import Refund, RefundRequest, RefundState
from services.billing.models.top_ups import TopUp
from services.billing.parties.sellers import Sellers
from services.billing.refunds import lifecycle as refunds
from services.billing.refunds.decisions import decide
from services.billing.top_ups.lifecycle import lock_top_up
from services.billing.top_ups.views import given_back, left_of, request_view
from shared.contracts import billing
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.billing.payments import PaymentState
from shared.contracts.billing.refund_requests import RefundRequestState
from shared.contracts.billing.top_ups import RefundTopUp
from shared.contracts.notes import Note, NoteCode
from shared.db.paging import (
    Direction,
    Position,
    check_limit,
    paginate,
    read_place,
    walk,
)
from shared.errors import Conflict, NotFound
from shared.money import Money, currency_of
from shared.rpc.change import Change
from shared.text import clean_reason

_Row = tuple[RefundRequest, TopUp, Payment]

_INVOICE = (
    select(Document.number)
    .where(
        Document.payment_id == Payment.id,
        Document.kind == DocumentKind.INVOICE,
    )
    .order_by(Document.position.desc())
    .limit(1)
    .scalar_subquery()
)
_FAILURE = (
    select(Refund.failure)
    .where(Refund.payment_id == Payment.id, Refund.state == RefundState.FAILED)
    .order_by(Refund.settled_at.desc())
    .limit(1)
    .scalar_subquery()
)
_GIVEN = (
    select(func.coalesce(func.sum(Refund.net), 0))
    .where(Refund.payment_id == Payment.id, Refund.state != RefundState.FAILED)
    .scalar_subquery()
)
_TAKEN = (
    select(func.coalesce(func.sum(Chargeback.net), 0))
    .where(
        Chargeback.payment_id == Payment.id,
        Chargeback.state == ChargebackState.BOOKED,
    )
    .scalar_subquery()
)
_GONE = (_GIVEN + _TAKEN).label("gone")


class _OpenRow(NamedTuple):
    """A request that waits, with what `_read` finds beside it."""

    request: RefundRequest
    top_up: TopUp
    payment: Payment
    balance: Decimal
    company: str
    invoice: str
    failure: str
    gone: Decimal


def ask(
    change: Change, request: billing.refund_requests.AskForRefund
) -> billing.refund_requests.RefundRequest:
    """Keep that the customer wants a possible duplicate back.

    Raises:
        NotFound: ``no_such_payment``.
        Conflict: ``not_a_duplicate``, ``given_back_already``, ``refund_asked_already``.
        InvalidInput: ``bad_reason``.
    """
    reason = clean_reason(request.reason)
    session = change.db
    top_up, payment = _lock(session, request.payment_id)
    came = payment.state is PaymentState.SUCCEEDED
    if payment.duplicate_of is None or not came:
        raise Conflict("not_a_duplicate")
    if session.get(RefundRequest, payment.id):
        raise Conflict("refund_asked_already")
    if _left(session, top_up, payment) == 0:
        raise Conflict("given_back_already")
    row = RefundRequest(
        payment_id=payment.id,
        company_id=payment.company_id,
        top_up_id=top_up.id,
        state=RefundRequestState.ASKED,
        reason=reason,
        answer="",
        asked_at=change.call.now,
        asked_by=change.call.principal.name,
        decided_by="",
    )
    session.add(row)
    session.flush()
    return request_view(row, top_up, payment)


def list_open(
    session: Session,
    sellers: Sellers,
    request: billing.refund_requests.ListRefundRequests,
) -> billing.refund_requests.RefundRequestPage:
    """One page of those that wait; see the contract for the refusals."""
    check_limit(request.limit)

    page = paginate(
        partial(_read, session),
        lambda row: row.request.position,
        read_place(request.cursor, Position),
        request.limit,
    )
    return billing.refund_requests.RefundRequestPage(
        requests=[_open_view(row, sellers) for row in page.rows],
        previous=page.previous,
        next=page.next,
    )


def grant(change: Change, payment_id: UUID) -> billing.refund_requests.RefundRequest:
    """Give back all that is left of the payment, or leave everything as it was.

    Raises:
        NotFound: ``no_such_refund_request``.
        Conflict: ``refund_request_decided`` with ``state``; and what
            `lifecycle.refund_payment` raises.
    """
    row, top_up, payment = _lock_open(change.db, payment_id)
    # Not "what is unspent": half of it given back would end the matter.
    left = _left(change.db, top_up, payment)
    rest = Money(left, currency_of(payment.currency))
    refund = RefundTopUp(
        top_up_id=top_up.id, payment_id=payment.id, net=rest, reason=""
    )
    # Which ends the request, as nothing is left then.
    refunds.refund_payment(change, refund, Note(code=NoteCode.PAID_TWICE))
    return request_view(row, top_up, payment)


def decline(
    change: Change, request: billing.refund_requests.DeclineRefundRequest
) -> billing.refund_requests.RefundRequest:
    """Tell the customer why they don't get it back.

    Raises:
        NotFound: ``no_such_refund_request``.
        Conflict: ``refund_request_decided`` with ``state``.
        InvalidInput: ``reason_missing``, ``bad_reason``.
    """
    reason = clean_reason(request.reason, required=True)
    row, top_up, payment = _lock_open(change.db, request.payment_id)
    row.answer = reason
    decide(change, row, RefundRequestState.DECLINED)
    return request_view(row, top_up, payment)


def _lock(session: Session, payment_id: UUID) -> tuple[TopUp, Payment]:
    payment = session.scalars(
        select(Payment).where(Payment.id == payment_id)
    ).one_or_none()
    if payment is None:
        raise NotFound("no_such_payment")
    top_up = lock_top_up(session, payment.top_up_id)
    session.refresh(payment)
    return top_up, payment


def _lock_open(session: Session, payment_id: UUID) -> _Row:
    asked = select(RefundRequest).where(RefundRequest.payment_id == payment_id)
    if session.scalars(asked).one_or_none() is None:
        raise NotFound("no_such_refund_request")
    top_up, payment = _lock(session, payment_id)
    # Another operator may have decided while this one waited.
    fresh = asked.execution_options(populate_existing=True)
    row = session.scalars(fresh).one()
    if row.state is not RefundRequestState.ASKED:
        state = row.state.value
        raise Conflict("refund_request_decided", state, {"state": state})
    return row, top_up, payment


def _left(session: Session, top_up: TopUp, payment: Payment) -> Decimal:
    """How much net was not given or taken back yet."""
    return left_of(payment, given_back(session, top_up)).net


def _read(
    session: Session, direction: Direction, key: int | None, limit: int
) -> Sequence[_OpenRow]:
    words = (func.coalesce(each, "") for each in (Company.name, _INVOICE, _FAILURE))
    query = (
        select(RefundRequest, TopUp, Payment, Wallet.balance, *words, _GONE)
        .join(TopUp, TopUp.id == RefundRequest.top_up_id)
        .join(Payment, Payment.id == RefundRequest.payment_id)
        .join(
            Wallet,
            (Wallet.company_id == Payment.company_id)
            & (Wallet.currency == Payment.currency),
        )
        .join(Company, Company.company_id == Payment.company_id, isouter=True)
        .where(RefundRequest.state == RefundRequestState.ASKED)
    )
    query = walk(query, RefundRequest.position, direction, key, newest_first=False)
    return [_OpenRow(*row) for row in session.execute(query.limit(limit))]


def _open_view(
    row: _OpenRow, sellers: Sellers
) -> billing.refund_requests.OpenRefundRequest:
    payment = row.payment
    currency = currency_of(payment.currency)
    return billing.refund_requests.OpenRefundRequest(
        request=request_view(row.request, row.top_up, payment),
        company=row.company,
        invoice=row.invoice,
        net=Money(payment.net - row.gone, currency),
        balance=Money(row.balance, currency),
        seller=row.top_up.seller if sellers.others else "",
        failure=row.failure,
    )
