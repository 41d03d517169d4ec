"""A document as it is laid out on paper: every word and figure, in the page's order.

`document.typ` and the document's page show it and decide nothing.
"""

from collections.abc import Iterator

from services.billing.documents.rendering.figures import (
    locale_of,
    write_day,
    write_money,
    write_percent,
    write_rate,
)
from services.billing.documents.rendering.words import Words, words_in
from shared.contracts.billing.documents import (
    AccountingTax,
    DocumentContent,
    DocumentKind,
    Party,
)
from shared.contracts.billing.payments import BankInstructions
from shared.contracts.billing.sheets import Row, Sheet
from shared.contracts.billing.tax import TaxCategory, TaxLine
from shared.money import Money, zero


def lay_out(content: DocumentContent) -> Sheet:
    words = words_in(content.language)
    return Sheet(
        language=locale_of(content.language).language,
        kind=words.kinds[content.kind],
        seller=[words.seller, *_party(content.seller, words, content.language)],
        buyer=[words.buyer, *_party(content.buyer, words, content.language)],
        facts=_facts(content, words),
        line_head=(words.description, words.amount),
        lines=_lines(content),
        tax_head=[
            words.tax_rate,
            words.taxable_amount,
            words.tax_amount,
            words.gross,
        ],
        tax_lines=[_tax_line(content, line) for line in content.tax_lines],
        totals=_totals(content, words),
        payable=_payable(content, words),
        notes=list(_notes(content, words)),
        bank_head=words.pay_by_bank,
        bank=_bank(content, words),
        bank_note=words.quote_reference,
        imprint=_imprint(content.seller, words),
    )


def title(content: DocumentContent) -> str:
    """Kind and number: "Invoice 2026-000017"."""
    return f"{words_in(content.language).kinds[content.kind]} {content.number}"


def _party(party: Party, words: Words, language: str) -> list[str]:
    country = locale_of(language).territories.get(party.country, party.country)
    lines = [
        party.name,
        party.street,
        f"{party.postal_code} {party.city}",
        party.region,
        country,
        f"{words.vat_id} {party.vat_id}" if party.vat_id else "",
    ]
    return [line for line in lines if line.strip()]


def _facts(content: DocumentContent, words: Words) -> list[Row]:
    facts = [(words.number, content.number), (words.issued_on, _day(content))]
    if content.kind is DocumentKind.INVOICE and content.paid_on is not None:
        day = write_day(content.paid_on, content.language)
        facts.append((words.paid_on, day))
    if content.due_on is not None:
        facts.append((words.due_on, write_day(content.due_on, content.language)))
    if content.reference:
        facts.append((words.reference, content.reference))
    return facts


def _day(content: DocumentContent) -> str:
    return write_day(content.issued_on, content.language)


def _lines(content: DocumentContent) -> list[Row]:
    language = content.language
    return [(line.text, write_money(line.net, language)) for line in content.lines]


def _tax_line(content: DocumentContent, line: TaxLine) -> list[str]:
    language = content.language
    is_taxed = line.category in {TaxCategory.STANDARD, TaxCategory.ZERO}
    untaxed = words_in(language).no_tax
    rate = write_percent(line.rate_percent, language) if is_taxed else untaxed
    amounts = (line.base, line.tax, line.base + line.tax)
    return [rate, *(write_money(amount, language) for amount in amounts)]


def _totals(content: DocumentContent, words: Words) -> list[Row]:
    language = content.language
    return [
        (words.net, write_money(content.net, language)),
        (words.tax_amount, write_money(content.tax, language)),
        (words.gross, write_money(content.gross, language)),
        *_paid(content, words),
    ]


def _paid(content: DocumentContent, words: Words) -> list[Row]:
    if content.kind is not DocumentKind.INVOICE or content.paid_on is None:
        return []
    day = write_day(content.paid_on, content.language)
    method = content.payment_method
    said = words.paid.format(day=day) + (f" ({method})" if method else "")
    return [(said, write_money(-content.gross, content.language))]


def _payable(content: DocumentContent, words: Words) -> Row:
    label, amount = words.amount_due, amount_due(content)
    if content.kind is DocumentKind.CREDIT_NOTE:
        label, amount = words.amount_credited, content.gross
    return label, write_money(amount, content.language)


def amount_due(content: DocumentContent) -> Money:
    """Nothing but on a proforma: an invoice is for money that has come.

    A credit note is settled once it is issued.
    """
    if content.kind is DocumentKind.PROFORMA:
        return content.gross
    return zero(content.gross.currency.code)


def _notes(content: DocumentContent, words: Words) -> Iterator[str]:
    if content.kind is DocumentKind.PROFORMA:
        yield words.no_invoice
    yield from notes(content)


def notes(content: DocumentContent) -> Iterator[str]:
    """What an invoice says beside its figures, on paper and in the XML."""
    words = words_in(content.language)
    if content.corrects is not None:
        is_credit = content.kind is DocumentKind.CREDIT_NOTE
        template = words.corrects if is_credit else words.replaces
        yield template.format(
            kind=words.named[content.corrects.kind],
            number=content.corrects.number,
            day=write_day(content.corrects.issued_on, content.language),
        )
    if content.reason:
        yield words.reason.format(reason=content.reason)
    for line in content.tax_lines:
        if line.category in words.tax_notes:
            yield words.tax_notes[line.category]
    if content.tax_words:
        yield content.tax_words
    if content.quoted is not None:
        day = write_day(content.quoted.quoted_on, content.language)
        yield words.quoted_tax.format(day=day, words=content.quoted.words)
    if content.accounting_tax is not None:
        yield _accounting_tax(content, content.accounting_tax, words)


def _accounting_tax(
    content: DocumentContent, accounting: AccountingTax, words: Words
) -> str:
    return words.accounting_tax.format(
        currency=accounting.tax.currency.code,
        tax=write_money(accounting.tax, content.language),
        rate=write_rate(accounting.rate, content.language),
        document_currency=content.gross.currency.code,
        source=accounting.source,
        day=write_day(accounting.rate_day, content.language),
    )


def _bank(content: DocumentContent, words: Words) -> list[Row]:
    if content.kind is not DocumentKind.PROFORMA or content.bank is None:
        return []
    bank: BankInstructions = content.bank
    rows = [
        (words.recipient, bank.recipient),
        ("IBAN", _in_fours(bank.iban)),
        ("BIC", bank.bic),
        (words.bank, bank.bank),
        (words.bank_amount, write_money(bank.amount, content.language)),
        (words.bank_reference, bank.reference),
    ]
    return [row for row in rows if row[1].strip()]


def _in_fours(iban: str) -> str:
    plain = iban.replace(" ", "")
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def _imprint(seller: Party, words: Words) -> str:
    address = f"{seller.postal_code} {seller.city}".strip()
    vat_id = f"{words.vat_id} {seller.vat_id}" if seller.vat_id else ""
    parts = (seller.name, seller.street, address, vat_id)
    return " \N{MIDDLE DOT} ".join(part for part in parts if part)
