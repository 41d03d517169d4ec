"""Documents as customers see them: listed, summed up, and read in whole."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, exists, func, literal, select
from sqlalchemy.orm import Session, aliased, defer

from services.billing.documents.rendering.sheet import lay_out
from services.billing.models.documents import Document, DocumentRendering
from services.billing.models.top_ups import OPEN, TopUp
from shared.contracts import billing
from shared.contracts.billing.documents import DocumentKind, DocumentState
from shared.contracts.billing.top_ups import TopUpState
from shared.db.paging import (
    Direction,
    Position,
    check_day,
    check_limit,
    paginate,
    read_place,
    walk,
)
from shared.errors import NotFound
from shared.money import Money, currency_of
from shared.wire import from_wire

_ENDED = (TopUpState.FAILED, TopUpState.CANCELLED, TopUpState.EXPIRED)

_Row = tuple[Document, str, Any, bool, str | None]
"""A document, its state, what was credited of it, whether its files are made, and the
day by which a proforma is due."""

_CreditNote = aliased(Document)
_GROSS = Document.net + Document.tax
_CREDITED = (
    select(func.coalesce(func.sum(_CreditNote.net + _CreditNote.tax), 0))
    .where(
        _CreditNote.corrects_id == Document.id,
        _CreditNote.kind == DocumentKind.CREDIT_NOTE,
    )
    .scalar_subquery()
)
_IS_READY = ~exists().where(DocumentRendering.document_id == Document.id)
_DUE_ON = Document.content["due_on"].astext


def _literal(state: DocumentState) -> ColumnElement[str]:
    return literal(state.value)


_STATE = case(
    (Document.kind == DocumentKind.CREDIT_NOTE, _literal(DocumentState.SETTLED)),
    (
        Document.kind == DocumentKind.INVOICE,
        case(
            (_CREDITED >= _GROSS, _literal(DocumentState.CREDITED)),
            else_=_literal(DocumentState.PAID),
        ),
    ),
    (TopUp.state.in_(OPEN), _literal(DocumentState.OPEN)),
    (TopUp.state.in_(_ENDED), _literal(DocumentState.ENDED)),
    else_=_literal(DocumentState.PAID),
)


def list_documents(
    session: Session, request: billing.documents.ListDocuments
) -> billing.documents.DocumentPage:
    """One page of the session's company's; see the contract for the refusals."""
    check_limit(request.limit)
    check_day(request.first_day)
    check_day(request.last_day)

    page = paginate(
        partial(_read, session, request),
        lambda row: row[0].position,
        read_place(request.cursor, Position),
        request.limit,
    )
    return billing.documents.DocumentPage(
        documents=_views(session, page.rows),
        totals=[] if page.previous else _totals(session, request),
        previous=page.previous,
        next=page.next,
    )


def get(session: Session, document_id: UUID) -> billing.documents.WholeDocument:
    """One document of the session's company, with all that it says.

    Raises:
        NotFound: ``no_such_document``.
    """
    row = _find(session, document_id)
    content = content_of(row[0])
    correcting = session.scalars(
        select(Document)
        .where(Document.corrects_id == document_id)
        .order_by(Document.position)
    )
    return billing.documents.WholeDocument(
        document=_views(session, [row])[0],
        content=content,
        sheet=lay_out(content),
        corrected_by=[reference_to(each) for each in correcting],
        belongs_to=_related(session, row[0]),
    )


def _related(
    session: Session, document: Document
) -> list[billing.documents.DocumentReference]:
    """What asked for the payment of an invoice, or what a proforma has led to."""
    others = {
        DocumentKind.PROFORMA: DocumentKind.INVOICE,
        DocumentKind.INVOICE: DocumentKind.PROFORMA,
    }
    if document.kind not in others:
        return []
    found = session.scalars(
        select(Document)
        .where(
            Document.top_up_id == document.top_up_id,
            Document.kind == others[document.kind],
            Document.corrects_id.is_(None),
        )
        .order_by(Document.position)
    )
    return [reference_to(each) for each in found]


def view(session: Session, document: Document) -> billing.documents.Document:
    return _views(session, [_find(session, document.id)])[0]


def content_of(document: Document) -> billing.documents.DocumentContent:
    return from_wire(document.content, billing.documents.DocumentContent)


def reference_to(document: Document) -> billing.documents.DocumentReference:
    return billing.documents.DocumentReference(
        id=document.id,
        kind=document.kind,
        number=document.number,
        issued_on=document.issued_on,
    )


def _rows() -> Select[Any]:
    query = select(Document, _STATE, _CREDITED, _IS_READY, _DUE_ON)
    return query.join(TopUp, TopUp.id == Document.top_up_id)


def _find(session: Session, document_id: UUID) -> _Row:
    query = _rows().where(Document.id == document_id)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("no_such_document")
    return _row(row)


def _read(
    session: Session,
    request: billing.documents.ListDocuments,
    direction: Direction,
    key: int | None,
    limit: int,
) -> Sequence[_Row]:
    query = _rows().where(*_filters(request)).options(defer(Document.content))
    rows = session.execute(walk(query, Document.position, direction, key).limit(limit))
    return [_row(row) for row in rows]


def _row(row: Any) -> _Row:
    document, state, credited, is_ready, due_on = row
    return document, state, credited, is_ready, due_on


def _filters(request: billing.documents.ListDocuments) -> list[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = []
    if request.kind is not None:
        filters.append(Document.kind == request.kind)
    if request.state is not None:
        filters.append(literal(request.state.value) == _STATE)
    if request.first_day is not None:
        filters.append(Document.issued_on >= request.first_day)
    if request.last_day is not None:
        filters.append(Document.issued_on <= request.last_day)
    if request.top_up_id is not None:
        filters.append(Document.top_up_id == request.top_up_id)
    return filters


def _totals(
    session: Session, request: billing.documents.ListDocuments
) -> list[billing.documents.DocumentTotal]:
    """Sums per kind and currency: different currencies are never added."""
    by = (Document.kind, Document.currency)
    query = (
        select(
            Document.kind,
            Document.currency,
            func.count(),
            func.sum(Document.net),
            func.sum(Document.tax),
        )
        .where(*_filters(request))
        .group_by(*by)
        .order_by(*by)
    )
    if request.state is not None:
        query = query.join(TopUp, TopUp.id == Document.top_up_id)
    totals = []
    for kind, code, count, net, tax in session.execute(query):
        currency = currency_of(code)
        total = billing.documents.DocumentTotal(
            kind=kind,
            count=count,
            net=Money(net, currency),
            tax=Money(tax, currency),
            gross=Money(net + tax, currency),
        )
        totals.append(total)
    return totals


def _views(session: Session, rows: Sequence[_Row]) -> list[billing.documents.Document]:
    wanted = {row.corrects_id for row, *_ in rows if row.corrects_id is not None}
    corrected: dict[UUID, billing.documents.DocumentReference] = {}
    if wanted:
        found = session.scalars(select(Document).where(Document.id.in_(wanted)))
        corrected = {each.id: reference_to(each) for each in found}
    return [_view(row, corrected) for row in rows]


def _view(
    row: _Row, corrected: dict[UUID, billing.documents.DocumentReference]
) -> billing.documents.Document:
    document, state, credited, is_ready, due_on = row
    currency = currency_of(document.currency)
    corrects = document.corrects_id
    return billing.documents.Document(
        id=document.id,
        kind=document.kind,
        number=document.number,
        issued_on=document.issued_on,
        issued_at=document.issued_at,
        state=DocumentState(state),
        net=Money(document.net, currency),
        tax=Money(document.tax, currency),
        gross=Money(document.net + document.tax, currency),
        credited=Money(credited, currency),
        top_up_id=document.top_up_id,
        corrects=corrected[corrects] if corrects is not None else None,
        is_ready=is_ready,
        due_on=date.fromisoformat(due_on) if due_on else None,
    )
