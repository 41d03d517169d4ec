"""Issuing: takes a document's number, and keeps what it says for good.

One order after the other: a series is one queue. Those of one payment are issued in the
order in which they were written, so a credit note comes after its invoice; what can't
be issued is tried again later and keeps nobody else waiting. Number, document, event
and the end of the order are one transaction, so that a number is neither lost nor given
twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import structlog
from msgspec.structs import replace
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.billing.base.changes import Change
from services.billing.documents import accounting_tax
from services.billing.documents.files import pause_after
from services.billing.documents.listing import reference_to, view
from services.billing.documents.rendering.tax_words import tax_words
from services.billing.documents.rendering.words import (
    language_of,
    method_words,
    reason_words,
    top_up_line,
)
from services.billing.gateways.bank_transfer import BankTransfer
from services.billing.models.documents import (
    Document,
    DocumentOrder,
    DocumentRendering,
    DocumentSeries,
)
from services.billing.models.parties import Company
from services.billing.models.payments import Payment
from services.billing.models.top_ups import TopUp
from services.billing.parties.sellers import Seller, Sellers
from services.billing.tax.profiles import vat_id_to_show
from shared.contracts.billing import documents as contract
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.billing.tax import TaxLine, TaxReason
from shared.db import events
from shared.db.database import Database
from shared.money import Money, currency_of, round_to_minor_unit
from shared.principal import system
from shared.rpc.service import Call
from shared.runtime import Runtime
from shared.wire import from_wire, to_wire

log = structlog.get_logger()

AT_ONCE = 20
"""Documents that are issued in one turn, before files are made of them."""

_PREFIXES: Mapping[DocumentKind, str] = {
    DocumentKind.PROFORMA: "PF",
    DocumentKind.INVOICE: "INV",
    DocumentKind.CREDIT_NOTE: "CN",
}

_LOCK = 0x646F63756D656E74  # "document": one issues at a time


class _NotIssuedYetError(Exception):
    """An earlier document of the same payment is still to be issued."""


@dataclass(frozen=True)
class Issuer:
    """Who issues documents: the sellers, and where proformas are to be paid to."""

    sellers: Sellers
    bank: BankTransfer | None = None


def issue_ordered(database: Database, runtime: Runtime, issuer: Issuer) -> int:
    """Issue the next that are ordered, up to `AT_ONCE`; returns how many were tried."""
    tried = 0
    while tried < AT_ONCE and _issue_next(database, runtime, issuer):
        tried += 1
    return tried


def _issue_next(database: Database, runtime: Runtime, issuer: Issuer) -> bool:
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
        call = Call(system("billing"), "", now)
        try:
            with session.begin_nested():
                _issue(Change(session, runtime, call), issuer, order)
        except _NotIssuedYetError:
            log.info("document_waits_for_an_earlier_one", order=position)
            _put_off(session, order, now)
        except Exception:
            log.exception("document_not_issued", order=position)
            _put_off(session, order, now)
    return True


def _put_off(session: Session, order: DocumentOrder, now: datetime) -> None:
    session.refresh(order)
    order.failures += 1
    order.try_at = now + pause_after(order.failures)


def _issue(change: Change, issuer: Issuer, order: DocumentOrder) -> None:
    """Issue a document, of the whole order or of what one earlier document has left."""
    session = change.db
    _wait_for_turn(session, order)
    about = _About.of(change, issuer, order)
    series, number, day = _take_number(change, about.seller, order.kind)
    document = Document(
        id=change.runtime.new_id(),
        company_id=order.company_id,
        series=series,
        number_in_series=number,
        number=f"{series}-{number:06d}",
        kind=order.kind,
        issued_on=day,
        issued_at=change.call.now,
        currency=about.top_up.currency,
        net=about.net,
        tax=about.tax,
        top_up_id=order.top_up_id,
        payment_id=order.payment_id,
        refund_id=order.refund_id,
        corrects_id=about.corrects.id if about.corrects else None,
    )
    document.content = to_wire(_content(change, issuer, order, about, document))
    session.add(document)
    session.flush()
    rendering = DocumentRendering(
        document_id=document.id,
        company_id=document.company_id,
        failures=0,
        try_at=change.call.now,
    )
    session.add(rendering)
    events.record(
        session,
        change.runtime,
        contract.DOCUMENT_ISSUED,
        view(session, document),
        company_id=document.company_id,
        version=1,
        request_id=change.call.request_id,
    )
    order.net -= about.net
    order.tax -= about.tax
    if not order.net:
        session.delete(order)


def _wait_for_turn(session: Session, order: DocumentOrder) -> None:
    if order.payment_id is None:
        return
    before = select(DocumentOrder.position).where(
        DocumentOrder.payment_id == order.payment_id,
        DocumentOrder.position < order.position,
    )
    if session.scalar(before.limit(1)) is not None:
        raise _NotIssuedYetError


def _accounting_tax(
    change: Change,
    about: "_About",
    document: Document,
    due_on: date,
) -> contract.AccountingTax | None:
    session = change.db
    if about.corrects is not None:
        return accounting_tax.state_again(
            session, document, about.corrects, about.earlier
        )
    own = about.seller.accounting_currency
    return accounting_tax.state(session, own, document, due_on)


@dataclass(frozen=True)
class _About:
    """What a document tells of, as it stands when it is issued.

    ``earlier`` are those on its payment, oldest first; ``net`` and ``tax`` what it is
    of, in the currency's minor unit.
    """

    seller: Seller
    top_up: TopUp
    payment: Payment | None
    company: Company
    vat_id: str
    earlier: Sequence[Document]
    corrects: Document | None
    net: Decimal
    tax: Decimal

    @classmethod
    def of(cls, change: Change, issuer: Issuer, order: DocumentOrder) -> "_About":
        session = change.db
        top_up = session.get_one(TopUp, order.top_up_id)
        reason = from_wire(top_up.tax_reason, TaxReason)
        earlier = _earlier(change, order)
        corrects, net, tax = _corrected(order, earlier)
        payment = None
        if order.payment_id is not None:
            payment = session.get_one(Payment, order.payment_id)
        return cls(
            # A credit note's is its invoice's, as both are about the same top-up.
            seller=issuer.sellers.named(top_up.seller),
            top_up=top_up,
            payment=payment,
            company=session.get_one(Company, order.company_id),
            vat_id=vat_id_to_show(session, order.company_id, reason, change.call.now),
            earlier=earlier,
            corrects=corrects,
            net=net,
            tax=tax,
        )


def _earlier(change: Change, order: DocumentOrder) -> Sequence[Document]:
    if order.payment_id is None:
        return ()
    return change.db.scalars(
        select(Document)
        .where(Document.payment_id == order.payment_id)
        .order_by(Document.position)
    ).all()


def _corrected(
    order: DocumentOrder, earlier: Sequence[Document]
) -> tuple[Document | None, Decimal, Decimal]:
    """What a credit note takes back, or an invoice replaces; and how much of it.

    That is the oldest that has something left: an invoice of the payment, or a credit
    note of a refund that was not paid out after all. Should more be taken back than was
    paid, the newest names it.
    """
    if order.kind is DocumentKind.CREDIT_NOTE:
        candidates = [each for each in earlier if each.kind is DocumentKind.INVOICE]
    elif order.refund_id is not None:
        candidates = [each for each in earlier if each.refund_id == order.refund_id]
        candidates = [each for each in candidates if each.kind is not order.kind]
    else:
        return None, order.net, order.tax
    for each in candidates:
        later = [other for other in earlier if other.corrects_id == each.id]
        net = each.net - sum(other.net for other in later)
        if net >= order.net:
            return each, order.net, order.tax
        if net > 0:
            return each, net, each.tax - sum(other.tax for other in later)
    return candidates[-1], order.net, order.tax


def _take_number(
    change: Change, seller: Seller, kind: DocumentKind
) -> tuple[str, int, date]:
    """The series, the next number in it, and the day: never before the last one's."""
    today = change.call.now.astimezone(ZoneInfo(seller.time_zone)).date()
    series = _lock_series(change.db, seller, kind, today)
    series.last_number += 1
    series.last_day = max(series.last_day, today)
    return series.code, series.last_number, series.last_day


def _lock_series(
    session: Session, seller: Seller, kind: DocumentKind, today: date
) -> DocumentSeries:
    """The seller's of that kind and year, begun with its first document.

    A prefix that was another seller's this year would give its numbers anew: then the
    database refuses to begin the series, and the order waits for another prefix.
    """
    own = {"seller": seller.key, "kind": kind, "year": today.year}
    parts = (seller.number_prefix, _PREFIXES[kind], str(today.year))
    code = "-".join(filter(None, parts))
    begun = insert(DocumentSeries).values(
        **own, code=code, last_number=0, last_day=today
    )
    session.execute(begun.on_conflict_do_nothing(index_elements=list(own)))
    series = select(DocumentSeries).filter_by(**own)
    return session.scalars(series.with_for_update()).one()


def _content(
    change: Change,
    issuer: Issuer,
    order: DocumentOrder,
    about: _About,
    document: Document,
) -> contract.DocumentContent:
    currency = currency_of(about.top_up.currency)
    language = language_of(about.company.country)
    reason = from_wire(about.top_up.tax_reason, TaxReason)
    net, tax = (
        round_to_minor_unit(Money(amount, currency))
        for amount in (about.net, about.tax)
    )
    is_proforma = order.kind is DocumentKind.PROFORMA
    bank = issuer.bank if is_proforma else None
    gross = net + tax
    zone = ZoneInfo(about.seller.time_zone)

    def day_of(moment: datetime | None) -> date | None:
        return moment.astimezone(zone).date() if moment else None

    paid_on = day_of(about.payment.settled_at) if about.payment else None
    reference = about.top_up.reference
    return contract.DocumentContent(
        kind=order.kind,
        number=document.number,
        issued_on=document.issued_on,
        paid_on=paid_on,
        language=language,
        seller=_seller(about.seller),
        buyer=_buyer(about),
        lines=[contract.DocumentLine(text=top_up_line(reference, language), net=net)],
        tax_lines=[_tax_line(about.top_up, net, tax)],
        tax_reason=reason,
        tax_words=tax_words(reason, language),
        net=net,
        tax=tax,
        gross=gross,
        accounting_tax=_accounting_tax(
            change, about, document, paid_on or document.issued_on
        ),
        payment_method=_payment_method(about, language),
        reference=reference,
        corrects=reference_to(about.corrects) if about.corrects else None,
        reason=reason_words(order.reason, language),
        due_on=day_of(about.top_up.expires_at) if is_proforma else None,
        bank=bank.instructions(about.seller.key, gross, reference) if bank else None,
    )


def _payment_method(about: _About, language: str) -> str:
    if about.payment is None:
        return ""
    return method_words(about.payment.gateway, about.payment.method, language)


def _tax_line(top_up: TopUp, net: Money, tax: Money) -> TaxLine:
    """The top-up's one line of tax, for the part that this document is about."""
    (line,) = from_wire(top_up.tax_lines, list[TaxLine])
    return replace(line, base=net, tax=tax)


def _seller(seller: Seller) -> contract.Party:
    return contract.Party(
        name=seller.name,
        street=seller.street,
        postal_code=seller.postal_code,
        city=seller.city,
        region="",
        country=seller.country,
        vat_id=seller.vat_id,
    )


def _buyer(about: _About) -> contract.Party:
    company = about.company
    return contract.Party(
        name=company.name,
        street=company.street,
        postal_code=company.postal_code,
        city=company.city,
        region=company.region,
        country=company.country,
        vat_id=about.vat_id,
    )
