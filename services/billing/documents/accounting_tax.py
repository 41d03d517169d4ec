"""VAT in the seller's own currency, on documents in another one.

Directive 2006/112, art. 230 wants it on invoices; art. 91(2) lets the European Central
Bank's latest rate count at the time when the tax is due.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from sqlalchemy.orm import Session

from services.billing.documents.listing import content_of
from services.billing.models.documents import Document
from services.billing.tax.exchange_rates import latest_rate
from shared.contracts.billing.documents import AccountingTax, DocumentKind
from shared.money import Money, minor_unit_ratio, round_exchange_rate


class NoRateError(Exception):
    """The exchange rate that a document needs is not known yet; says which one."""


def state(
    session: Session, own: str, document: Document, due_on: date
) -> AccountingTax | None:
    """The tax of a document, due on a day, in the currency ``own``.

    None where there is none, and where it is in that currency already.

    Raises:
        NoRateError: none is known for that day. A proforma, which is no invoice, does
            without.
    """
    if document.currency == own or not document.tax:
        return None
    try:
        return _convert(session, own, document, due_on, earlier=())
    except NoRateError:
        if document.kind is DocumentKind.PROFORMA:
            return None
        raise


def state_again(
    session: Session,
    document: Document,
    corrected: Document,
    earlier: Sequence[Document],
) -> AccountingTax | None:
    """The same by the rate of what the document corrects, and only if that says it.

    ``earlier`` are all documents on that payment. The sum over them is rounded, and not
    each: once all is credited, nothing is left in the own currency either.

    Raises:
        NoRateError: none is known for that day.
    """
    first = content_of(corrected).accounting_tax
    if first is None or not document.tax:
        return None
    own = first.tax.currency.code
    return _convert(session, own, document, first.rate_day, earlier)


def _convert(
    session: Session,
    own: str,
    document: Document,
    day: date,
    earlier: Sequence[Document],
) -> AccountingTax:
    rate = latest_rate(session, document.currency, own, day)
    if rate is None:
        raise NoRateError(f"{document.currency}/{own} {day.isoformat()}")

    def converted(tax: Decimal) -> Money:
        return minor_unit_ratio(Fraction(tax) / rate.value, own)

    before = sum((_signed(each) for each in earlier), Decimal(0))
    difference = converted(before + _signed(document)) - converted(before)
    return AccountingTax(
        tax=abs(difference),
        rate=round_exchange_rate(rate.value),
        rate_day=rate.day,
        source=rate.source,
    )


def _signed(document: Document) -> Decimal:
    is_credit = document.kind is DocumentKind.CREDIT_NOTE
    return -document.tax if is_credit else document.tax
