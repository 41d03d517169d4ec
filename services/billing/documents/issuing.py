"""Issuing: takes a document's number, and keeps what it says permanently.

One order after the other: a series is one queue. Those of one payment are issued in the
order in which they were written, so a credit note comes after its invoice; what can't
be issued is tried again later and doesn't delay others. Number, document, event
and the end of the order are one transaction, so that a number is neither lost nor given
twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.billing.documents.accounting_tax import NoRateError
from services.billing.documents.content import Subject, compose
from services.billing.documents.files import BACKOFF
from services.billing.documents.listing import view
from services.billing.documents.numbering import take_number
from services.billing.gateways.gateway import Gateway
from services.billing.models.documents import (
    Document,
    DocumentOrder,
    DocumentRendering,
)
from services.billing.parties.sellers import Sellers
from shared.contracts import billing
from shared.contracts.billing.payments import GatewayName
from shared.db.database import Database
from shared.principal import system
from shared.rpc.call import Call
from shared.rpc.change import Change
from shared.runtime import Runtime
from shared.wire import to_wire

log = structlog.get_logger()

AT_ONCE = 20
"""Documents that are issued together, before files are made of them."""

_LOCK = 0x646F63756D656E74  # "document": one issues at a time


class _NotIssuedYetError(Exception):
    """An earlier document of the same payment is still to be issued."""


@dataclass(frozen=True)
class Issuer:
    """Who issues documents, and the gateways by which proformas are to be paid."""

    sellers: Sellers
    gateways: Mapping[GatewayName, Gateway]


def issue_ordered(
    database: Database, runtime: Runtime, issuer: Issuer, request_id: str
) -> int:
    """Issue the next that are ordered, up to `AT_ONCE`; returns how many were tried."""
    tried = 0
    while tried < AT_ONCE and _issue_next(database, runtime, issuer, request_id):
        tried += 1
    return tried


def _issue_next(
    database: Database, runtime: Runtime, issuer: Issuer, request_id: str
) -> bool:
    now = runtime.clock.now()
    with database.system() as session:
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        # Another company's documents don't wait for one that can't be issued.
        order = session.scalars(
            select(DocumentOrder)
            .where(DocumentOrder.try_at <= now)
            .order_by(DocumentOrder.failures, DocumentOrder.position)
            .limit(1)
        ).one_or_none()
        if order is None:
            return False
        position = order.position
        call = Call(system("billing"), request_id, now)
        try:
            with session.begin_nested():
                _issue(Change(session, runtime, call), issuer, order)
        except _NotIssuedYetError:
            log.info("document_waits_for_an_earlier_one", order=position)
            _put_off(session, order, now)
        except NoRateError as lack:
            _put_off(session, order, now, waits_for=str(lack))
            waited = now - order.ordered_at
            log.error(  # noqa: TRY400  the trace says nothing
                "document_waits_for_exchange_rate",
                order=position,
                rate=order.waits_for,
                hours=int(waited / timedelta(hours=1)),
            )
        except Exception:
            log.exception("document_not_issued", order=position)
            _put_off(session, order, now)
    return True


def _put_off(
    session: Session, order: DocumentOrder, now: datetime, waits_for: str = ""
) -> None:
    session.refresh(order)
    order.failures += 1
    order.waits_for = waits_for
    order.try_at = now + BACKOFF.pause(order.failures)


def _issue(change: Change, issuer: Issuer, order: DocumentOrder) -> None:
    """Issue a document, of the whole order or of what one earlier document has left."""
    session = change.db
    _wait_for_earlier(session, order)
    subject = Subject.of(change, issuer.sellers, order)
    document = _draft(change, subject)
    content = compose(session, subject, document, issuer.gateways)
    document.content = to_wire(content)
    session.add(document)
    session.flush()
    rendering = DocumentRendering(
        document_id=document.id,
        company_id=document.company_id,
        failures=0,
        try_at=change.call.now,
    )
    session.add(rendering)
    change.emit(
        billing.documents.DOCUMENT_ISSUED,
        view(session, document),
        company_id=document.company_id,
        version=1,
    )
    order.net -= subject.net
    order.tax -= subject.tax
    if not order.net:
        session.delete(order)


def _draft(change: Change, subject: Subject) -> Document:
    """A document with the next number of its series, which has no content yet."""
    order, corrects = subject.order, subject.corrects
    number = take_number(change, subject.seller, order.kind)
    return Document(
        id=change.runtime.new_id(),
        company_id=order.company_id,
        series=number.series,
        number_in_series=number.in_series,
        number=str(number),
        kind=order.kind,
        issued_on=number.day,
        issued_at=change.call.now,
        currency=subject.top_up.currency,
        net=subject.net,
        tax=subject.tax,
        top_up_id=order.top_up_id,
        payment_id=order.payment_id,
        refund_id=order.refund_id,
        chargeback_id=order.chargeback_id,
        corrects_id=corrects.id if corrects else None,
    )


def _wait_for_earlier(session: Session, order: DocumentOrder) -> None:
    if order.payment_id is None:
        return
    before = select(DocumentOrder.position).where(
        DocumentOrder.payment_id == order.payment_id,
        DocumentOrder.position < order.position,
    )
    if session.scalar(before.limit(1)) is not None:
        raise _NotIssuedYetError
