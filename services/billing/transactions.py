"""Transactions: each movement of a company's wallets, newest first, paged by key.

Newest is what was booked last: a call that began earlier may have waited for another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, select
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
    MOST_AT_ONCE,
    ListTransactions,
    Transaction,
    TransactionPage,
)
from shared.errors import InvalidInput
from shared.money import Money, currency_of
from shared.paging import Direction, read_place, turn_page

_Key = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]

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
    if not 1 <= request.limit <= MOST_AT_ONCE:
        raise InvalidInput("bad_limit", "", {"max_limit": MOST_AT_ONCE})
    check_day(request.first_day)
    check_day(request.last_day)

    def read(direction: Direction, key: int | None, limit: int) -> Sequence[_Row]:
        return _read(session, request, direction, key, limit)

    place = read_place(request.cursor, _Key)
    page = turn_page(read, lambda row: row[0].number, place, request.limit)
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
    number = models.Transaction.number
    falls = direction == "after"
    if key is not None:
        query = query.where(number < key if falls else number > key)
    order = number.desc() if falls else number.asc()
    rows = session.execute(query.order_by(order).limit(limit))
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
    is_of_payment = Document.refund_id.is_(None)
    ways: dict[str, tuple[Any, Any, ColumnElement[bool]]] = {
        "payment": (Payment, Document.payment_id, is_of_payment),
        "refund": (Refund, Document.refund_id, ~is_of_payment),
    }
    for name, (model, about, is_meant) in ways.items():
        ids = [UUID(c.partition(":")[2]) for c in causes if c.startswith(f"{name}:")]
        if not ids:
            continue
        top_ups = select(model.id, model.top_up_id).where(model.id.in_(ids))
        for id_, top_up_id in session.execute(top_ups):
            found[f"{name}:{id_}"].top_up_id = top_up_id
        documents = select(about, Document.kind, Document.id)
        for id_, kind, document in session.execute(
            documents.where(about.in_(ids), is_meant)
        ):
            found[f"{name}:{id_}"].documents[kind] = document
    _mark_duplicates(session, found)
    return found


def _mark_duplicates(session: Session, found: dict[str, _Belongings]) -> None:
    """Mark the payments among the causes that may repeat another one."""
    ids = [UUID(c.partition(":")[2]) for c in found if c.startswith("payment:")]
    if not ids:
        return
    repeats = (Payment.id.in_(ids), Payment.duplicate_of.is_not(None))
    for id_ in session.scalars(select(Payment.id).where(*repeats)):
        found[f"payment:{id_}"].is_possible_duplicate = True


def _currencies(session: Session) -> list[str]:
    order = (Wallet.is_primary.desc(), Wallet.currency)
    return list(session.scalars(select(Wallet.currency).order_by(*order)))


def _view(row: models.Transaction, memo: str, belongings: _Belongings) -> Transaction:
    currency = currency_of(row.currency)
    return Transaction(
        number=row.number,
        entry_id=row.entry_id,
        at=row.at,
        kind=row.kind.value,
        memo=memo,
        amount=Money(row.amount, currency),
        balance=Money(row.balance, currency),
        top_up_id=belongings.top_up_id,
        document_id=belongings.documents.get(_DOCUMENTS[row.kind])
        if row.kind in _DOCUMENTS
        else None,
        is_possible_duplicate=row.kind is EntryKind.TOP_UP
        and belongings.is_possible_duplicate,
    )
