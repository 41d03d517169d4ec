"""Invoices and credit notes for machines: EN 16931, in both of its syntaxes.

The keys are the standard's business terms. What the rules ask for beyond the amounts is
named by the rule's code; all of them are tried in the tests.
"""

from collections.abc import Callable
from typing import Any

from facturx.generate_xml import generate_cii_xml, generate_ubl_xml

from services.billing.documents.rendering.sheet import amount_due, notes
from services.billing.documents.rendering.text import clean
from shared.contracts.billing.documents import (
    AccountingTax,
    DocumentContent,
    DocumentKind,
    DocumentLine,
    Party,
)
from shared.contracts.billing.tax import TaxCategory, TaxLine
from shared.money import Money, round_to_minor_unit

PREPAYMENT_INVOICE = "386"
CREDIT_NOTE = "381"

_PROFILE = "en16931"
_ONE = "C62"
"""UN/ECE Recommendation 20: one of something."""

_NAMELESS = "\N{EM DASH}"
"""For what is empty once it is cleaned; the rules want a name."""

_EXEMPTION_CODES = {
    TaxCategory.REVERSE_CHARGE: "VATEX-EU-AE",
    TaxCategory.OUT_OF_SCOPE: "VATEX-EU-O",
    TaxCategory.EXPORT: "VATEX-EU-G",
}


def render_cii(content: DocumentContent) -> bytes:
    """Write UN/CEFACT CII, as Factur-X wants it.

    Raises:
        ValueError: a proforma, which is no invoice; or more than one tax rate.
    """
    return _write(content, generate_cii_xml)


def render_ubl(content: DocumentContent) -> bytes:
    """Write UBL 2.1.

    Raises:
        ValueError: a proforma, which is no invoice; or more than one tax rate.
    """
    return _write(content, generate_ubl_xml)


def _write(content: DocumentContent, generate: Callable[..., bytes]) -> bytes:
    terms = _business_terms(content)
    return generate(terms, level=_PROFILE, check_xsd=False, check_schematron=None)


def _business_terms(content: DocumentContent) -> dict[str, Any]:
    if content.kind is DocumentKind.PROFORMA:
        raise ValueError(f"a proforma isn't an invoice: {content.number}")
    (tax_line,) = content.tax_lines
    is_credit = content.kind is DocumentKind.CREDIT_NOTE
    terms = {
        "BT-1": clean(content.number),
        "BT-2": content.issued_on,
        "BT-3": CREDIT_NOTE if is_credit else PREPAYMENT_INVOICE,
        "BT-5": content.gross.currency.code,
        "BG-1": [{"BT-22": note} for note in map(clean, notes(content)) if note],
        "BG-4": _seller(content.seller, tax_line),
        "BG-7": _buyer(content.buyer, tax_line),
        "BG-13": _place_of_supply(content.buyer),
        "BG-23": [_breakdown(content, tax_line)],
        "BG-25": [
            _line(number, line, tax_line)
            for number, line in enumerate(content.lines, start=1)
        ],
        "BT-106": _amount(content.net),
        "BT-109": _amount(content.net),
        "BT-110": _amount(content.tax),
        "BT-112": _amount(content.gross),
        "BT-113": _amount(content.gross - amount_due(content)),
        "BT-115": _amount(amount_due(content)),
    }
    terms |= _corrected(content)
    if content.paid_on is not None and not is_credit:
        terms["BT-7"] = content.paid_on
    if content.accounting_tax is not None:
        terms |= _in_accounting_currency(content, content.accounting_tax)
    return terms


def _seller(seller: Party, tax_line: TaxLine) -> dict[str, Any]:
    """BR-O-02: no VAT ID where no VAT applies. BR-CO-26: some ID there must be."""
    party = _party(seller)
    if tax_line.category is TaxCategory.OUT_OF_SCOPE:
        return party | {"identifiers": {"": clean(seller.vat_id)}}
    return party | {"vat_identifier": clean(seller.vat_id)}


def _buyer(buyer: Party, tax_line: TaxLine) -> dict[str, Any]:
    """BR-O-02; BR-AE-02 wants both parties' VAT IDs."""
    if tax_line.category is TaxCategory.OUT_OF_SCOPE:
        return _party(buyer)
    return _party(buyer) | {"vat_identifier": clean(buyer.vat_id)}


def _place_of_supply(buyer: Party) -> dict[str, Any]:
    """The customer's country; without it CII has an empty element (PEPPOL R008)."""
    return {
        "name": clean(buyer.name) or _NAMELESS,
        "country_code": buyer.country,
    }


def _party(party: Party) -> dict[str, Any]:
    return {
        "name": clean(party.name) or _NAMELESS,
        "addr_l1": clean(party.street),
        "postcode": clean(party.postal_code),
        "city": clean(party.city),
        "country_subdivision": clean(party.region),
        "country_code": party.country,
    }


def _breakdown(content: DocumentContent, line: TaxLine) -> dict[str, Any]:
    is_credit = content.kind is DocumentKind.CREDIT_NOTE
    breakdown = {
        "BT-116": _amount(line.base),
        "BT-117": _amount(line.tax),
        "BT-118": line.category.value,
        "BT-119": _rate(line),
        "BT-7": not is_credit and content.paid_on,
    }
    if line.category in {TaxCategory.STANDARD, TaxCategory.ZERO}:
        return breakdown  # BR-S-10, BR-Z-10: there is nothing to excuse
    return breakdown | {
        "BT-120": clean(content.tax_words),
        "BT-121": _EXEMPTION_CODES.get(line.category),
    }


def _line(number: int, line: DocumentLine, tax_line: TaxLine) -> dict[str, Any]:
    return {
        "BT-126": str(number),
        "BT-129": "1",
        "BT-130": _ONE,
        "BT-131": _amount(line.net),
        "BT-146": _amount(line.net),
        "BT-151": tax_line.category.value,
        "BT-152": _rate(tax_line),
        "BT-153": clean(line.text) or _NAMELESS,
    }


def _rate(line: TaxLine) -> str | None:
    """BR-O-05: what is not subject to VAT has no rate, not even zero."""
    if line.category is TaxCategory.OUT_OF_SCOPE:
        return None
    return f"{line.rate_percent:f}"


def _corrected(content: DocumentContent) -> dict[str, Any]:
    corrected = content.corrects
    if corrected is None or corrected.kind is DocumentKind.PROFORMA:
        return {}
    return {"BG-3": [{"BT-25": corrected.number, "BT-26": corrected.issued_on}]}


def _in_accounting_currency(
    content: DocumentContent, accounting: AccountingTax
) -> dict[str, Any]:
    """BR-53; where it is the document's currency, there is nothing to add."""
    if accounting.tax.currency == content.gross.currency:
        return {}
    return {
        "BT-6": accounting.tax.currency.code,
        "BT-111": _amount(accounting.tax),
    }


def _amount(money: Money) -> str:
    return f"{round_to_minor_unit(money).amount:f}"
