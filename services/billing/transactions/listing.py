"""Transactions: each movement of a company's wallets, newest first, paged by key.

The newest was booked last: a call that began earlier may have waited for another.
The time of a transaction never comes before that of its wallet's last one.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, load_only

from services.billing.documents.listing import reference_to
from services.billing.models import transactions as models
from services.billing.models.documents import Document
from services.billing.models.ledger import EntryKind, JournalEntry, Wallet
from services.billing.models.parties import Company
from services.billing.models.payments import Chargeback, Payment
from services.billing.models.refunds import Refund, RefundState
from services.billing.models.top_ups import TopUp
from services.billing.parties.companies import DEFAULT_TIME_ZONE
from services.billing.transactions.failed_payments import list_failed
from services.billing.transactions.filters import Key, Narrowing, walk
from services.billing.transactions.search import Search, in_time, read_search
from shared.contracts.actors import read_actor
from shared.contracts.billing.documents import DocumentKind, DocumentReference
from shared.contracts.billing.transactions import (
    FailedPayment,
    ListTransactions,
    Transaction,
    TransactionGroup,
    TransactionPage,
)
from shared.contracts.notes import read_note
from shared.db.paging import (
    Direction,
    Position,
    check_day,
    check_limit,
    decode_cursor,
    encode_cursor,
    paginate,
)
from shared.errors import InvalidInput
from shared.money import Money, currency_of

_Row = tuple[models.Transaction, JournalEntry]

_Moment = Annotated[datetime, msgspec.Meta(tz=True)]

_DOCUMENTS = {
    EntryKind.TOP_UP: DocumentKind.INVOICE,
    EntryKind.REFUND: DocumentKind.CREDIT_NOTE,
    EntryKind.CHARGEBACK: DocumentKind.CREDIT_NOTE,
    EntryKind.CHARGEBACK_REVERSED: DocumentKind.INVOICE,
    EntryKind.REFUND_FAILED: DocumentKind.INVOICE,
}
"""What is issued for an entry of its kind."""

_GIVEN_BACK = (
    select(func.coalesce(func.sum(Refund.net + Refund.tax), 0))
    .where(
        Refund.top_up_id == Payment.top_up_id,
        Refund.payment_id == Payment.id,
        Refund.state != RefundState.FAILED,
    )
    .scalar_subquery()
)
"""Of a payment."""


def list_transactions(
    session: Session, request: ListTransactions, now: datetime
) -> TransactionPage:
    """One page of them; see the contract for the refusals."""
    check_limit(request.limit)
    check_day(request.first_day)
    check_day(request.last_day)

    with in_time(session) if request.search.strip() else nullcontext():
        page = paginate(
            _Listing.of(session, request).read,
            lambda row: (row[0].at, row[0].number),
            _place(request.cursor),
            request.limit,
            lambda direction, key: encode_cursor(direction, *key),
        )
    details = _details_of(session, [entry.cause for _, entry in page.rows])
    return TransactionPage(
        transactions=[
            _view(row, entry, details[entry.cause]) for row, entry in page.rows
        ],
        currencies=_currencies(session),
        previous=page.previous,
        next=page.next,
        failed=_failed(session, request, now),
    )


def of_entry(session: Session, entry_id: UUID) -> Transaction | None:
    """What an entry of the session's company made, without what belongs to it."""
    row = models.Transaction
    query = _with_entries().where(row.entry_id == entry_id)
    found = session.execute(query.limit(1)).first()
    return _view(found[0], found[1], _CauseDetails()) if found else None


def _failed(
    session: Session, request: ListTransactions, now: datetime
) -> list[FailedPayment]:
    """Failed payments, above the list of all days or of top-ups."""
    narrowed = (request.cursor, request.first_day, request.last_day, request.search)
    if any(narrowed) or request.group not in {None, TransactionGroup.TOP_UPS}:
        return []
    return [
        each
        for each in list_failed(session, now)
        if request.currency in {None, each.amount.currency.code}
    ]


def _place(cursor: str | None) -> tuple[Direction, Key | None]:
    if cursor is None:
        return "after", None
    direction, at, number = decode_cursor(cursor, tuple[Direction, _Moment, Position])
    return direction, (at, number)


@dataclass(frozen=True)
class _Listing:
    """A list, narrowed, and searched if ``search`` is not None."""

    session: Session
    narrowing: Narrowing
    search: Search | None

    @classmethod
    def of(cls, session: Session, request: ListTransactions) -> "_Listing":
        narrowing = _narrowing(session, request)
        if not request.search.strip():
            return cls(session, narrowing, None)
        return cls(session, narrowing, read_search(session, request, narrowing))

    def read(self, direction: Direction, key: Key | None, limit: int) -> Sequence[_Row]:
        row = models.Transaction
        query = _with_entries()
        if self.search is None:
            query = query.where(*self.narrowing.of(row))
        elif self.search.finds_nothing:
            return []
        else:
            page = self.search.found(direction, key, limit)
            query = query.join(page, page.c.number == row.number)
        query = walk(query, row, direction, key).limit(limit)
        rows = self.session.execute(query)
        return [(row, entry) for row, entry in rows]


def _with_entries() -> Select[models.Transaction, JournalEntry]:
    entry, row = JournalEntry, models.Transaction
    return select(row, entry).join(entry, entry.id == row.entry_id)


def _narrowing(session: Session, request: ListTransactions) -> Narrowing:
    begins = ends = None
    if request.first_day is not None:
        begins = _midnight(session, request.first_day)
    if request.last_day is not None:
        ends = _midnight(session, request.last_day + timedelta(days=1))
    currency = _known(request.currency) if request.currency is not None else None
    return Narrowing(currency, request.group, begins, ends)


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
class _CauseDetails:
    """What belongs to the cause of an entry."""

    top_up_id: UUID | None = None
    reference: str | None = None
    is_possible_duplicate: bool = False
    is_given_back: bool = False
    documents: dict[DocumentKind, DocumentReference] = field(default_factory=dict)


def _details_of(session: Session, causes: Sequence[str]) -> dict[str, _CauseDetails]:
    of_cause = {cause: _CauseDetails() for cause in causes}
    paid, given_back = _ids(causes, "payment"), _ids(causes, "refund")
    repeats = Payment.duplicate_of.is_not(None)
    is_gone = and_(repeats, Payment.amount <= _GIVEN_BACK)
    payments = select(Payment.id, TopUp.id, TopUp.reference, repeats, is_gone)
    payments = payments.join(TopUp, TopUp.id == Payment.top_up_id)
    for id_, top_up_id, reference, repeated, gone in session.execute(
        payments.where(Payment.id.in_(paid))
    ):
        details = _CauseDetails(top_up_id, reference, repeated, gone)
        of_cause[f"payment:{id_}"] = details
    taken_back = _ids(causes, "chargeback")
    going_back: Mapping[type[Refund | Chargeback], tuple[str, list[UUID]]] = {
        Refund: ("refund", given_back),
        Chargeback: ("chargeback", taken_back),
    }
    for model, (name, ids) in going_back.items():
        rows = select(model.id, TopUp.id, TopUp.reference)
        rows = rows.join(TopUp, TopUp.id == model.top_up_id)
        for id_, top_up_id, reference in session.execute(rows.where(model.id.in_(ids))):
            of_cause[f"{name}:{id_}"] = _CauseDetails(top_up_id, reference)
    documents = _documents(session, paid, given_back, taken_back)
    for document in documents:
        of_cause[_cause(document)].documents[document.kind] = reference_to(document)
    return of_cause


def _documents(
    session: Session,
    paid: Sequence[UUID],
    given_back: Sequence[UUID],
    taken_back: Sequence[UUID],
) -> Iterable[Document]:
    """Those of some payments, refunds and chargebacks."""
    is_of_payment = and_(
        Document.payment_id.in_(paid),
        Document.refund_id.is_(None),
        Document.chargeback_id.is_(None),
    )
    is_meant = or_(
        is_of_payment,
        Document.refund_id.in_(given_back),
        Document.chargeback_id.in_(taken_back),
    )
    named = load_only(Document.kind, Document.number, Document.issued_on)
    belonging = load_only(
        Document.payment_id, Document.refund_id, Document.chargeback_id
    )
    return session.scalars(select(Document).options(named, belonging).where(is_meant))


def _cause(document: Document) -> str:
    """The cause of the entries that a document is of."""
    if document.refund_id is not None:
        return f"refund:{document.refund_id}"
    if document.chargeback_id is not None:
        return f"chargeback:{document.chargeback_id}"
    return f"payment:{document.payment_id}"


def _ids(causes: Sequence[str], kind: str) -> list[UUID]:
    """The ids of the causes that are of a kind."""
    parted = (cause.partition(":") for cause in causes)
    return [UUID(id_) for name, _, id_ in parted if name == kind]


def _currencies(session: Session) -> list[str]:
    order = (Wallet.is_primary.desc(), Wallet.currency)
    return list(session.scalars(select(Wallet.currency).order_by(*order)))


def _view(
    row: models.Transaction, entry: JournalEntry, details: _CauseDetails
) -> Transaction:
    currency = currency_of(row.currency)
    issued = _DOCUMENTS.get(row.kind)
    is_paid = row.kind is EntryKind.TOP_UP
    return Transaction(
        number=row.number,
        entry_id=row.entry_id,
        at=row.at,
        kind=row.kind.value,
        note=read_note(entry.note_code, entry.note_parameters, entry.memo),
        actor=read_actor(entry.actor_kind, entry.actor_name, entry.who),
        amount=Money(row.amount, currency),
        balance=Money(row.balance, currency),
        top_up_id=details.top_up_id,
        top_up_reference=details.reference,
        document=details.documents.get(issued) if issued else None,
        is_possible_duplicate=is_paid and details.is_possible_duplicate,
        is_given_back=is_paid and details.is_given_back,
    )
