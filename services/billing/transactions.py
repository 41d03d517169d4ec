"""Transactions: each movement of a company's wallets, newest first, paged by key.

Newest is what was booked last: a call that began earlier may have waited for another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from services.billing import models
from services.billing.companies import DEFAULT_TIME_ZONE
from services.billing.days import check_day
from services.billing.document_models import Document
from services.billing.failed_payments import list_failed
from services.billing.models import (
    Company,
    EntryKind,
    JournalEntry,
    Payment,
    Refund,
    Wallet,
)
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.billing.transactions import (
    ListTransactions,
    Transaction,
    TransactionPage,
)
from shared.errors import InvalidInput
from shared.money import Money, currency_of
from shared.paging import (
    MAX_PAGE_SIZE,
    Direction,
    Position,
    read_place,
    turn_page,
    walk,
)

_Row = tuple[models.Transaction, str, str]

_DOCUMENTS = {
    EntryKind.TOP_UP: DocumentKind.INVOICE,
    EntryKind.REFUND: DocumentKind.CREDIT_NOTE,
    EntryKind.CHARGEBACK: DocumentKind.CREDIT_NOTE,
    EntryKind.REFUND_FAILED: DocumentKind.INVOICE,
}
"""What is issued for an entry of its kind."""


def list_transactions(
    session: Session, request: ListTransactions, now: datetime
) -> TransactionPage:
    """One page of them; see the contract for the refusals."""
    if not 1 <= request.limit <= MAX_PAGE_SIZE:
        raise InvalidInput("bad_limit", "", {"max_limit": MAX_PAGE_SIZE})
    check_day(request.first_day)
    check_day(request.last_day)

    page = turn_page(
        partial(_read, session, request),
        lambda row: row[0].number,
        read_place(request.cursor, Position),
        request.limit,
    )
    belongings = _belongings(session, [cause for _, _, cause in page.rows])
    return TransactionPage(
        transactions=[
            _view(row, memo, belongings[cause]) for row, memo, cause in page.rows
        ],
        currencies=_currencies(session),
        previous=page.previous,
        next=page.next,
        failed=list_failed(session, now) if _is_whole(request) else [],
    )


def _is_whole(request: ListTransactions) -> bool:
    """Whether it is asked from its start on, and not narrowed to anything."""
    narrowed = (request.currency, request.group, request.first_day, request.last_day)
    return request.cursor is None and not any(narrowed)


def _read(
    session: Session,
    request: ListTransactions,
    direction: Direction,
    key: int | None,
    limit: int,
) -> Sequence[_Row]:
    query = (
        select(models.Transaction, JournalEntry.memo, JournalEntry.cause)
        .join(JournalEntry, JournalEntry.id == models.Transaction.entry_id)
        .where(*_filters(session, request))
    )
    query = walk(query, models.Transaction.number, direction, key)
    rows = session.execute(query.limit(limit))
    return [(row, memo, cause) for row, memo, cause in rows]


def _filters(session: Session, request: ListTransactions) -> list[ColumnElement[bool]]:
    row = models.Transaction
    filters = []
    if request.currency is not None:
        filters.append(row.currency == _known(request.currency))
    if request.group is not None:
        filters.append(row.group == request.group)
    if request.first_day is not None:
        filters.append(row.at >= _midnight(session, request.first_day))
    if request.last_day is not None:
        day_after = request.last_day + timedelta(days=1)
        filters.append(row.at < _midnight(session, day_after))
    return filters


def _known(code: str) -> str:
    try:
        return currency_of(code).code
    except ValueError as error:
        raise InvalidInput("no_such_currency", code[:8]) from error


def _midnight(session: Session, day: date) -> datetime:
    """When a day begins in the company's zone."""
    zone = session.scalar(select(Company.time_zone)) or DEFAULT_TIME_ZONE
    return datetime.combine(day, time(), ZoneInfo(zone))


@dataclass
class _Belongings:
    """What belongs to the cause of an entry."""

    top_up_id: UUID | None = None
    is_possible_duplicate: bool = False
    documents: dict[DocumentKind, UUID] = field(default_factory=dict)


def _belongings(session: Session, causes: Sequence[str]) -> dict[str, _Belongings]:
    found = {cause: _Belongings() for cause in causes}
    paid, given_back = _ids(causes, "payment"), _ids(causes, "refund")
    payments = select(Payment.id, Payment.top_up_id, Payment.duplicate_of)
    for payment in session.execute(payments.where(Payment.id.in_(paid))):
        found[f"payment:{payment.id}"].top_up_id = payment.top_up_id
        is_repeated = payment.duplicate_of is not None
        found[f"payment:{payment.id}"].is_possible_duplicate = is_repeated
    refunds = select(Refund.id, Refund.top_up_id)
    for refund in session.execute(refunds.where(Refund.id.in_(given_back))):
        found[f"refund:{refund.id}"].top_up_id = refund.top_up_id
    is_of_payment = and_(Document.payment_id.in_(paid), Document.refund_id.is_(None))
    is_meant = or_(is_of_payment, Document.refund_id.in_(given_back))
    for document in session.scalars(select(Document).where(is_meant)):
        cause = f"payment:{document.payment_id}"
        if document.refund_id is not None:
            cause = f"refund:{document.refund_id}"
        found[cause].documents[document.kind] = document.id
    return found


def _ids(causes: Sequence[str], kind: str) -> list[UUID]:
    """The ids of the causes that are of a kind."""
    parted = (cause.partition(":") for cause in causes)
    return [UUID(id_) for name, _, id_ in parted if name == kind]


def _currencies(session: Session) -> list[str]:
    order = (Wallet.is_primary.desc(), Wallet.currency)
    return list(session.scalars(select(Wallet.currency).order_by(*order)))


def _view(row: models.Transaction, memo: str, belongings: _Belongings) -> Transaction:
    currency = currency_of(row.currency)
    issued = _DOCUMENTS.get(row.kind)
    return Transaction(
        number=row.number,
        entry_id=row.entry_id,
        at=row.at,
        kind=row.kind.value,
        memo=memo,
        amount=Money(row.amount, currency),
        balance=Money(row.balance, currency),
        top_up_id=belongings.top_up_id,
        document_id=belongings.documents.get(issued) if issued else None,
        is_possible_duplicate=row.kind is EntryKind.TOP_UP
        and belongings.is_possible_duplicate,
    )
