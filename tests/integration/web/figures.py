"""What is said of a document's money, read back from each place that says it.

A place that says a figure more than once has to say the same. Amounts are read by the
marks of the language, without Babel and without any of our own formatting.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from lxml import etree, html
from pypdf import PdfReader

from services.billing.rendering.words import Words, words_in
from shared.contracts.billing.documents import DocumentKind
from shared.money import Money, currency_of
from tests.integration.billing.customers import PLACES
from tests.unit.billing.rendering.reading import read_text

Said = TypeVar("Said")

OWN_CURRENCY = "EUR"
NO_BREAK, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
MARKS = {
    "en": (",", "."),
    "de": (".", ","),
    "pl": (NO_BREAK, ","),
    "fr": (NARROW, ","),
}
"""Of groups of three digits, and of decimals, by language."""

_LINE = r".* TU-\S+"
"""What is sold, which names its top-up."""


@dataclass(frozen=True)
class Figures:
    """``own_tax`` is the tax in the seller's currency, where that is another one."""

    net: Money
    tax: Money
    gross: Money
    rate_percent: Decimal
    own_tax: Money | None


@dataclass(frozen=True)
class Listed:
    """A row of the list of documents, and the address that it leads to."""

    number: str
    address: str
    gross: Money
    credited: Money | None


@dataclass(frozen=True)
class Booked:
    """A row of the export for bookkeeping."""

    number: str
    corrects: str
    figures: Figures


Totals = dict[tuple[DocumentKind, str], tuple[int, Money, Money, Money]]
"""By kind and currency: how many, and the sums of net, tax and gross."""

_PLURALS = {
    "Proformas": DocumentKind.PROFORMA,
    "Invoices": DocumentKind.INVOICE,
    "Credit notes": DocumentKind.CREDIT_NOTE,
}


@dataclass(frozen=True)
class Moved:
    """A row of the transactions as CSV."""

    amount: Money
    balance: Money


def read_pdf(file: bytes, kind: DocumentKind, language: str) -> Figures:
    """A document on paper; ``language`` is the document's."""
    words = words_in(language)
    # How it was paid may need a second line, above its amount.
    paid = rf"{re.escape(words.paid.partition('{')[0])}[^)\n]*\n?[^)\n]*\)\s"
    text = re.sub(paid, lambda row: " ".join(row[0].split()) + " ", read_text(file))
    lines = _lines(text.splitlines(), language)
    rate = rf"(\S+){NO_BREAK}%|{words.no_tax}"
    base, line_tax, line_gross = _beside(lines, rate)
    gross = _same(2, [*_beside(lines, words.gross), line_gross])
    for label, amount in _payable(words, kind, gross).items():
        assert _beside(lines, label) == [amount], label
    in_own = words.accounting_tax.partition("{tax}")[0].format(currency=OWN_CURRENCY)
    return Figures(
        net=_same(3, [*_beside(lines, _LINE), *_beside(lines, words.net), base]),
        tax=_same(2, [*_beside(lines, words.tax_amount), line_tax]),
        gross=gross,
        rate_percent=_number(_part_of_label(lines, rate) or "0", language),
        own_tax=_at_most_one(_beside(lines, in_own.strip())),
    )


def _payable(words: Words, kind: DocumentKind, gross: Money) -> dict[str, Money]:
    """What stands below the total, by the words before it."""
    paid = re.escape(words.paid.partition("{")[0]) + ".*"
    return {
        DocumentKind.PROFORMA: {words.amount_due: gross, words.bank_amount: gross},
        DocumentKind.INVOICE: {paid: -gross, words.amount_due: 0 * gross},
        DocumentKind.CREDIT_NOTE: {words.amount_credited: gross},
    }[kind]


def read_attachment(file: bytes) -> bytes | None:
    """The XML inside of a PDF, if there is any."""
    attached = PdfReader(io.BytesIO(file)).attachments
    (xml,) = attached.get("factur-x.xml", [None])
    return xml


def read_page(text: str, kind: DocumentKind, language: str) -> Figures:
    """A document on the screen; ``language`` is the reader's."""
    (article,) = html.fromstring(text).iter("article")
    rows = article.xpath(
        ".//tbody/tr | .//dl/div | .//p | .//*[starts-with(@class, 'explain-row')]"
    )
    lines = _lines(map(_text, rows), language)
    (base, line_tax), (tax,) = (
        _beside(lines, label) for label in (r"VAT \S+ % of", r"VAT \S+ %")
    )
    total = {
        DocumentKind.PROFORMA: "To pay|Total, tax included",
        DocumentKind.INVOICE: "Total, tax included",
        DocumentKind.CREDIT_NOTE: "Given back",
    }[kind]
    # An open proforma's once more: what is to be transferred.
    is_open = bool(_beside(lines, "To pay"))
    totals = _beside(lines, f"{total}|Gross|Amount")
    return Figures(
        net=_same(4, [*_beside(lines, f"Net|{_LINE}"), base]),
        tax=_same(2, [tax, line_tax]),
        gross=_same(3 if is_open else 2, totals),
        rate_percent=_number(_part_of_label(lines, r"VAT (\S+) %"), language),
        own_tax=_at_most_one(_beside(lines, f"VAT in {OWN_CURRENCY}:")),
    )


def read_list(text: str, language: str) -> tuple[list[Listed], str | None]:
    """A page of the list of documents, and the next one's address."""
    tree = html.fromstring(text)
    onward = tree.xpath("//a[@rel='next']/@href")
    return [_listed(row, language) for row in _rows(tree, "Invoices")], (
        onward[0] if onward else None
    )


def read_totals(text: str, language: str) -> Totals:
    """What stands below the list, which is on each of its pages."""
    totals: Totals = {}
    for row in _rows(html.fromstring(text), "Totals"):
        words, count, *cells = map(_text, row)
        net, tax, gross = (_only(_amounts(cell, language)) for cell in cells)
        kind = _PLURALS[words.partition(" in ")[0]]
        number = int(_number(count, language))
        totals[kind, gross.currency.code] = number, net, tax, gross
    return totals


def read_cii(xml: bytes) -> Figures:
    tree = etree.fromstring(xml)
    code = _only(_texts(tree, "InvoiceCurrencyCode"))
    gross = _same(2, _said(tree, code, "GrandTotalAmount", "TotalPrepaidAmount"))
    assert _said(tree, code, "DuePayableAmount") == [0 * gross]
    net = ("ChargeAmount", "LineTotalAmount", "BasisAmount", "TaxBasisTotalAmount")
    tax, own_tax = _in_two_currencies(tree, code, "TaxTotalAmount")
    return Figures(
        net=_same(5, _said(tree, code, *net)),
        tax=_same(2, [*tax, *_said(tree, code, "CalculatedAmount")]),
        gross=gross,
        rate_percent=_rate(_texts(tree, "RateApplicablePercent")),
        own_tax=own_tax,
    )


def read_ubl(xml: bytes) -> Figures:
    tree = etree.fromstring(xml)
    code = _only(_texts(tree, "DocumentCurrencyCode"))
    gross = _same(2, _said(tree, code, "TaxInclusiveAmount", "PrepaidAmount"))
    assert _said(tree, code, "PayableAmount") == [0 * gross]
    net = ("PriceAmount", "LineExtensionAmount", "TaxableAmount", "TaxExclusiveAmount")
    tax, own_tax = _in_two_currencies(tree, code, "TaxAmount")
    return Figures(
        net=_same(5, _said(tree, code, *net)),
        tax=_same(2, tax),
        gross=gross,
        rate_percent=_rate(_texts(tree, "Percent")),
        own_tax=own_tax,
    )


def read_bookkeeping(text: str, company_id: UUID) -> list[Booked]:
    """One company's rows of what is exported of all."""
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return [_booked(row) for row in rows if row["company_id"] == str(company_id)]


def read_transactions(file: bytes) -> list[Moved]:
    """Newest first; a wallet has six places, and what moves here is in whole cents."""
    rows = csv.DictReader(io.StringIO(file.decode("utf-8-sig"), newline=""))
    return [
        Moved(
            *(
                Money(Decimal(row[column]), currency_of(row["Currency"]))
                for column in ("Amount", "Balance")
            )
        )
        for row in rows
    ]


@dataclass(frozen=True)
class _Line:
    """What stands before the first amount, and all amounts."""

    label: str
    amounts: list[Money]


def _lines(texts: Iterable[str], language: str) -> list[_Line]:
    lines = []
    for text in texts:
        if found := _pattern(language).search(text):
            label = text[: found.start()].strip().removesuffix(" +")
            lines.append(_Line(label, _amounts(text, language)))
    return lines


def _beside(lines: Iterable[_Line], label: str) -> list[Money]:
    wanted = (line.amounts for line in lines if re.fullmatch(label, line.label))
    return [amount for amounts in wanted for amount in amounts]


def _part_of_label(lines: Iterable[_Line], label: str) -> str:
    found = (re.fullmatch(label, line.label) for line in lines)
    return _only([match[1] for match in found if match])


def _pattern(language: str) -> re.Pattern[str]:
    group, mark = map(re.escape, MARKS[language])
    number = rf"(?:\d{{1,3}}(?:{group}\d{{3}})+|\d{{1,4}})(?:{mark}\d+)?"
    return re.compile(
        rf"(?<![\d.,])([-\N{{MINUS SIGN}}]?)({number}){NO_BREAK}([A-Z]{{3}})\b"
    )


def _amounts(text: str, language: str) -> list[Money]:
    return [
        _money(f"{'-' if sign else ''}{_number(digits, language):f}", code)
        for sign, digits, code in _pattern(language).findall(text)
    ]


def _number(text: str, language: str) -> Decimal:
    group, mark = MARKS[language]
    assert re.fullmatch(rf"[\d{group}]+(?:\{mark}\d+)?", text), text
    return Decimal(text.replace(group, "").replace(mark, "."))


def _money(text: str, code: str) -> Money:
    """An amount with as many decimal places as its currency has."""
    amount = Decimal(text)
    assert amount.as_tuple().exponent == -PLACES[code], text
    return Money(amount, currency_of(code))


def _text(element: Any) -> str:
    return re.sub(r"[ \n]+", " ", element.text_content()).strip(" ")


def _rows(tree: Any, caption: str) -> list[Any]:
    found = tree.xpath(f"//table[normalize-space(caption)='{caption}']/tbody/tr")
    assert found
    return list(found)


def _listed(row: Any, language: str) -> Listed:
    link = row.xpath("td[1]//a")[0]
    cell = row.xpath("td[@data-label='Amount']//span[@class='money']")
    gross, *credited = (_only(_amounts(_text(each), language)) for each in cell)
    return Listed(_text(link), link.get("href"), gross, _at_most_one(credited))


def _booked(row: Mapping[str, str]) -> Booked:
    own_tax, own = row["accounting_tax"], row["accounting_currency"]
    figures = Figures(
        net=_money(row["net"], row["currency"]),
        tax=_money(row["tax"], row["currency"]),
        gross=_money(row["gross"], row["currency"]),
        rate_percent=Decimal(row["rate_percent"]),
        own_tax=_money(own_tax, own) if own_tax or own else None,
    )
    return Booked(row["number"], row["corrects"], figures)


def _elements(tree: Any, name: str) -> list[Any]:
    found = tree.iterfind(f".//{{*}}{name}")
    return [each for each in found if not len(each)]


def _texts(tree: Any, name: str) -> list[str]:
    return [each.text for each in _elements(tree, name)]


def _said(tree: Any, code: str, *names: str) -> list[Money]:
    return [_money(text, code) for name in names for text in _texts(tree, name)]


def _in_two_currencies(
    tree: Any, code: str, name: str
) -> tuple[list[Money], Money | None]:
    amounts = [_money(it.text, it.get("currencyID")) for it in _elements(tree, name)]
    others = [each for each in amounts if each.currency.code != code]
    return [each for each in amounts if each not in others], _at_most_one(others)


def _rate(texts: Sequence[str]) -> Decimal:
    """Of the line and of the whole; what is not subject to VAT has none."""
    return _same(2, [Decimal(text) for text in texts]) if texts else Decimal(0)


def _same(count: int, said: Sequence[Said]) -> Said:
    """A figure that a place says so many times."""
    assert len(said) == count, said
    assert all(each == said[0] for each in said), said
    return said[0]


def _only(said: Sequence[Said]) -> Said:
    (one,) = said
    return one


def _at_most_one(said: Sequence[Said]) -> Said | None:
    return _only(said) if said else None
