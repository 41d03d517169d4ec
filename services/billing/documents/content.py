"""What a document says, of what is known when it is issued."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.billing.documents import accounting_tax
from services.billing.documents.listing import reference_to
from services.billing.documents.rendering.tax_words import tax_words
from services.billing.documents.rendering.words import (
    language_of,
    method_words,
    reason_words,
    top_up_line,
)
from services.billing.gateways.gateway import Gateway
from services.billing.models.documents import Document, DocumentOrder
from services.billing.models.parties import Company
from services.billing.models.payments import Payment
from services.billing.models.top_ups import TopUp
from services.billing.parties.sellers import Seller, Sellers
from services.billing.tax.profiles import vat_id_to_show
from services.billing.tax.receipts import differs_from_quote, quoted_tax, tax_of
from shared.contracts import billing
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.billing.payments import BankInstructions, GatewayName
from shared.contracts.billing.tax import TaxDecision, TaxLine
from shared.money import Money, currency_of, round_to_minor_unit
from shared.rpc.change import Change


class NothingToCorrectError(Exception):
    """A document would take back more than there is: a bug, or books gone wrong."""


@dataclass(frozen=True)
class Subject:
    """What a document is about, as it is when the document is issued.

    ``earlier`` are those on its payment, oldest first; ``net`` and ``tax`` what it is
    of, in the currency's minor unit.
    """

    order: DocumentOrder
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
    def of(cls, change: Change, sellers: Sellers, order: DocumentOrder) -> "Subject":
        session = change.db
        top_up = session.get_one(TopUp, order.top_up_id)
        earlier = _earlier(change, order)
        corrects, net, tax = _corrected(order, earlier)
        payment = None
        if order.payment_id is not None:
            payment = session.get_one(Payment, order.payment_id)
        reason = tax_of(top_up, payment).reason
        return cls(
            order=order,
            # A credit note's is its invoice's, as both are about the same top-up.
            seller=sellers.named(top_up.seller),
            top_up=top_up,
            payment=payment,
            company=session.get_one(Company, order.company_id),
            vat_id=vat_id_to_show(session, order.company_id, reason, change.call.now),
            earlier=earlier,
            corrects=corrects,
            net=net,
            tax=tax,
        )

    @property
    def is_proforma(self) -> bool:
        return self.order.kind is DocumentKind.PROFORMA

    @property
    def paid_on(self) -> date | None:
        if self.payment is None:
            return None
        if self.payment.received_on or self.payment.settled_at is None:
            return self.payment.received_on
        return self.day_of(self.payment.settled_at)

    @property
    def due_on(self) -> date | None:
        return self.day_of(self.top_up.expires_at) if self.is_proforma else None

    def money(self, amount: Decimal) -> Money:
        return round_to_minor_unit(Money(amount, currency_of(self.top_up.currency)))

    def day_of(self, moment: datetime) -> date:
        """The seller's day."""
        return moment.astimezone(ZoneInfo(self.seller.time_zone)).date()


def compose(
    session: Session,
    subject: Subject,
    document: Document,
    gateways: Mapping[GatewayName, Gateway],
) -> billing.documents.DocumentContent:
    """What a document says that has its number; ``gateways`` are those to pay by.

    Raises:
        NoRateError: an exchange rate that it needs is not known yet.
    """
    top_up, corrects = subject.top_up, subject.corrects
    language = language_of(subject.company.country)
    decision = tax_of(top_up, subject.payment)
    net, tax = subject.money(subject.net), subject.money(subject.tax)
    line = top_up_line(top_up.reference, language)
    return billing.documents.DocumentContent(
        kind=subject.order.kind,
        number=document.number,
        issued_on=document.issued_on,
        paid_on=subject.paid_on,
        language=language,
        seller=_seller(subject.seller),
        buyer=_buyer(subject),
        lines=[billing.documents.DocumentLine(text=line, net=net)],
        tax_lines=[_tax_line(decision, net, tax)],
        tax_reason=decision.reason,
        tax_words=tax_words(decision.reason, language),
        net=net,
        tax=tax,
        gross=net + tax,
        accounting_tax=_accounting_tax(session, subject, document),
        payment_method=_payment_method(subject, language),
        reference=top_up.reference,
        corrects=reference_to(corrects) if corrects else None,
        reason=reason_words(subject.order.note, language),
        due_on=subject.due_on,
        bank=_instructions(subject, net + tax, gateways),
        quoted=_quoted(subject, language),
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
    note of a refund that was not paid out after all, or of a dispute that was won.

    Raises:
        NothingToCorrectError: they have nothing left.
    """
    if order.kind is DocumentKind.CREDIT_NOTE:
        candidates = [each for each in earlier if each.kind is DocumentKind.INVOICE]
    elif order.refund_id is not None:
        candidates = [each for each in earlier if each.refund_id == order.refund_id]
        candidates = [each for each in candidates if each.kind is not order.kind]
    elif order.chargeback_id is not None:
        candidates = _notes_of_chargeback(order, earlier)
    else:
        return None, order.net, order.tax
    for each in candidates:
        later = [other for other in earlier if other.corrects_id == each.id]
        net = each.net - sum(other.net for other in later)
        if net >= order.net:
            return each, order.net, order.tax
        if net > 0:
            return each, net, each.tax - sum(other.tax for other in later)
    raise NothingToCorrectError(str(order.payment_id))


def _notes_of_chargeback(
    order: DocumentOrder, earlier: Sequence[Document]
) -> list[Document]:
    """The credit notes of a dispute; else the payment's that may be.

    A release before this one did not keep of which dispute a note is.
    """
    notes = [each for each in earlier if each.kind is DocumentKind.CREDIT_NOTE]
    own = [each for each in notes if each.chargeback_id == order.chargeback_id]
    unknown = [n for n in notes if n.chargeback_id is None and n.refund_id is None]
    wanted = order.net, order.tax
    return own or sorted(unknown, key=lambda each: (each.net, each.tax) != wanted)


def _accounting_tax(
    session: Session, subject: Subject, document: Document
) -> billing.documents.AccountingTax | None:
    if subject.corrects is not None:
        return accounting_tax.state_again(
            session, document, subject.corrects, subject.earlier
        )
    own = subject.seller.accounting_currency
    due_on = subject.paid_on or document.issued_on
    return accounting_tax.state(session, own, document, due_on)


def _instructions(
    subject: Subject, gross: Money, gateways: Mapping[GatewayName, Gateway]
) -> BankInstructions | None:
    """How to pay a proforma."""
    top_up = subject.top_up
    gateway = gateways.get(top_up.gateway)
    if gateway is None or not subject.is_proforma:
        return None
    return gateway.instructions(subject.seller.key, gross, top_up.reference)


def _payment_method(subject: Subject, language: str) -> str:
    if subject.payment is None:
        return ""
    return method_words(subject.payment.gateway, subject.payment.paid_with, language)


def _tax_line(decision: TaxDecision, net: Money, tax: Money) -> TaxLine:
    """The one line of tax, for the part that this document is about."""
    return TaxLine(
        category=decision.category,
        rate_percent=decision.rate_percent,
        base=net,
        tax=tax,
    )


def _quoted(subject: Subject, language: str) -> billing.documents.QuotedTax | None:
    """What was quoted, on an invoice for which another rule holds."""
    top_up = subject.top_up
    is_invoice = subject.order.kind is DocumentKind.INVOICE
    if not is_invoice or not differs_from_quote(top_up, subject.payment):
        return None
    return billing.documents.QuotedTax(
        quoted_on=subject.day_of(top_up.created_at),
        words=tax_words(quoted_tax(top_up).reason, language),
    )


def _seller(seller: Seller) -> billing.documents.Party:
    return billing.documents.Party(
        name=seller.name,
        street=seller.street,
        postal_code=seller.postal_code,
        city=seller.city,
        region="",
        country=seller.country,
        vat_id=seller.vat_id,
    )


def _buyer(subject: Subject) -> billing.documents.Party:
    company = subject.company
    return billing.documents.Party(
        name=company.name,
        street=company.street,
        postal_code=company.postal_code,
        city=company.city,
        region=company.region,
        country=company.country,
        vat_id=subject.vat_id,
    )
