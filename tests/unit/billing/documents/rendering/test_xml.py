"""The XML of invoices and credit notes, against the official rules of EN 16931."""

from decimal import Decimal

import msgspec
import pytest
from lxml import etree

from services.billing.documents.rendering.xml import render_cii, render_ubl
from shared.contracts.billing.documents import DocumentContent, DocumentKind
from shared.contracts.billing.tax import TaxCategory
from tests.fixtures.billing.rendering.contents import (
    DECISIONS,
    content,
    in_accounting_currency,
    named,
)
from tests.fixtures.billing.rendering.official_rules import broken_in_cii, broken_in_ubl

_UNECE = "urn:un:unece:uncefact:data:standard:"
CII = {
    "ram": f"{_UNECE}ReusableAggregateBusinessInformationEntity:100",
    "rsm": f"{_UNECE}CrossIndustryInvoice:100",
    "udt": f"{_UNECE}UnqualifiedDataType:100",
    "qdt": f"{_UNECE}QualifiedDataType:100",
}
UBL = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
INVOICES = (DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE)


def _in_cii(source: DocumentContent, path: str) -> list[str]:
    root = etree.fromstring(render_cii(source))
    return [str(found.text) for found in root.iterfind(f".//{path}", CII)]


def _in_ubl(source: DocumentContent, path: str) -> list[str]:
    root = etree.fromstring(render_ubl(source))
    return [str(found.text) for found in root.iterfind(f".//{path}", UBL)]


@pytest.mark.parametrize("outcome", DECISIONS)
@pytest.mark.parametrize("kind", INVOICES)
def test_every_kind_and_tax_outcome_keeps_the_official_rules(
    kind: DocumentKind, outcome: str
) -> None:
    source = content(kind, outcome)
    assert broken_in_cii(render_cii(source)) == []
    assert broken_in_ubl(render_ubl(source)) == []


@pytest.mark.parametrize("language", ["en", "de", "pl"])
def test_the_rules_are_kept_in_every_language_and_in_two_currencies(
    language: str,
) -> None:
    source = in_accounting_currency(content(currency="PLN", language=language))
    assert broken_in_cii(render_cii(source)) == []
    assert broken_in_ubl(render_ubl(source)) == []


def test_the_rules_are_kept_without_a_minor_unit() -> None:
    source = content(currency="JPY", net="12345")
    assert broken_in_cii(render_cii(source)) == []
    assert broken_in_ubl(render_ubl(source)) == []


def test_three_decimal_places_are_written_although_the_standard_knows_two() -> None:
    """BR-DEC: a limit of EN 16931 itself; rounding would say another amount."""
    source = content(currency="KWD", net="10.125")
    assert _in_cii(source, "ram:LineTotalAmount") == ["10.125", "10.125"]
    assert "BR-DEC-12" in broken_in_cii(render_cii(source))


def test_a_rule_that_is_broken_is_found() -> None:
    source = content(outcome="reverse_charge")
    nobody = msgspec.structs.replace(source.buyer, vat_id="")
    source = msgspec.structs.replace(source, buyer=nobody)
    assert "BR-AE-02" in broken_in_cii(render_cii(source))
    assert "BR-AE-02" in broken_in_ubl(render_ubl(source))


def test_a_proforma_has_no_xml() -> None:
    proforma = content(DocumentKind.PROFORMA)
    for render in (render_cii, render_ubl):
        with pytest.raises(ValueError, match="isn't an invoice"):
            render(proforma)


def test_an_invoice_is_for_a_prepayment_and_paid() -> None:
    source = content(net="100.00")
    assert _in_cii(source, "rsm:ExchangedDocument/ram:TypeCode") == ["386"]
    assert _in_cii(source, "ram:TotalPrepaidAmount") == ["119.00"]
    assert _in_cii(source, "ram:DuePayableAmount") == ["0.00"]
    assert _in_cii(source, "ram:TaxPointDate/udt:DateString") == ["20261125"]
    assert _in_ubl(source, "cbc:InvoiceTypeCode") == ["386"]
    assert _in_ubl(source, "cbc:PrepaidAmount") == ["119.00"]
    assert _in_ubl(source, "cbc:PayableAmount") == ["0.00"]
    assert _in_ubl(source, "cbc:TaxPointDate") == ["2026-11-25"]


def test_a_credit_note_names_its_invoice_and_is_positive() -> None:
    source = content(DocumentKind.CREDIT_NOTE)
    assert _in_cii(source, "rsm:ExchangedDocument/ram:TypeCode") == ["381"]
    reference = "ram:InvoiceReferencedDocument/"
    assert _in_cii(source, reference + "ram:IssuerAssignedID") == ["2026-000016"]
    day = reference + "ram:FormattedIssueDateTime/qdt:DateTimeString"
    assert _in_cii(source, day) == ["20261101"]
    assert _in_ubl(source, "cbc:CreditNoteTypeCode") == ["381"]
    corrected = "cac:InvoiceDocumentReference/cbc:ID"
    assert _in_ubl(source, corrected) == ["2026-000016"]
    assert _in_cii(source, "ram:GrandTotalAmount") == ["119.00"]
    assert _in_ubl(source, "cbc:TaxInclusiveAmount") == ["119.00"]


def test_an_invoice_that_replaces_another_names_it_too() -> None:
    corrects = content(DocumentKind.CREDIT_NOTE).corrects
    source = msgspec.structs.replace(content(), corrects=corrects)
    path = "ram:InvoiceReferencedDocument/ram:IssuerAssignedID"
    assert _in_cii(source, path) == ["2026-000016"]
    assert broken_in_cii(render_cii(source)) == []


@pytest.mark.parametrize("kind", INVOICES)
@pytest.mark.parametrize("outcome", DECISIONS)
def test_the_figures_are_those_of_the_content(kind: DocumentKind, outcome: str) -> None:
    source = content(kind, outcome, net="1234567.85")
    wanted = [source.net, source.tax, source.gross]
    in_cii = [
        *_in_cii(source, "ram:TaxBasisTotalAmount"),
        *_in_cii(source, "ram:TaxTotalAmount"),
        *_in_cii(source, "ram:GrandTotalAmount"),
    ]
    in_ubl = [
        *_in_ubl(source, "cbc:TaxExclusiveAmount"),
        *_in_ubl(source, "cac:TaxTotal/cbc:TaxAmount"),
        *_in_ubl(source, "cbc:TaxInclusiveAmount"),
    ]
    amounts = [money.amount for money in wanted]
    assert list(map(Decimal, in_cii)) == amounts
    assert list(map(Decimal, in_ubl)) == amounts


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("reverse_charge", "VATEX-EU-AE"), ("outside", "VATEX-EU-O")],
)
def test_what_is_not_taxed_says_why(outcome: str, code: str) -> None:
    source = content(outcome=outcome)
    assert _in_cii(source, "ram:ExemptionReasonCode") == [code]
    assert _in_cii(source, "ram:ExemptionReason") == [source.tax_words]
    assert _in_ubl(source, "cbc:TaxExemptionReasonCode") == [code]
    assert _in_ubl(source, "cbc:TaxExemptionReason") == [source.tax_words]


@pytest.mark.parametrize("outcome", ["standard", "one_stop_shop", "zero"])
def test_what_is_taxed_excuses_nothing(outcome: str) -> None:
    source = content(outcome=outcome)
    assert _in_cii(source, "ram:ExemptionReasonCode") == []
    assert _in_ubl(source, "cbc:TaxExemptionReason") == []


def test_the_tax_is_shown_in_the_accounting_currency() -> None:
    source = in_accounting_currency(content(currency="PLN"))
    assert _in_cii(source, "ram:TaxCurrencyCode") == ["EUR"]
    assert _in_cii(source, "ram:TaxTotalAmount") == ["19.00", "4.49"]
    assert _in_ubl(source, "cbc:TaxCurrencyCode") == ["EUR"]
    assert _in_ubl(source, "cac:TaxTotal/cbc:TaxAmount") == ["19.00", "4.49"]


def test_in_the_accounting_currency_itself_the_tax_is_shown_once() -> None:
    source = in_accounting_currency(content(currency="EUR"))
    assert _in_cii(source, "ram:TaxCurrencyCode") == []
    assert broken_in_cii(render_cii(source)) == []


def test_more_than_one_tax_rate_is_refused() -> None:
    source = content()
    twice = msgspec.structs.replace(source, tax_lines=source.tax_lines * 2)
    with pytest.raises(ValueError, match="too many values"):
        render_cii(twice)


@pytest.mark.parametrize(
    "name",
    ["<b>&amp;]]></b>", "Ελλάς Україна 中文 🎉 שלום", "\0\x07\ud800", "long " * 400],
)
def test_names_of_any_kind_keep_the_rules(name: str) -> None:
    source = named(name, content())
    assert broken_in_cii(render_cii(source)) == []
    assert broken_in_ubl(render_ubl(source)) == []


def test_the_xml_has_names_as_they_are() -> None:
    name = "株式会社 <Ω> & שלום 🎉"
    source = named(name, content())
    assert _in_cii(source, "ram:BuyerTradeParty/ram:Name") == [name]


def test_exempt_or_exported_are_known_though_nothing_is_sold_so() -> None:
    for category, code in (
        (TaxCategory.EXPORT, ["VATEX-EU-G"]),
        (TaxCategory.EXEMPT, []),
    ):
        source = content(outcome="zero")
        line = msgspec.structs.replace(source.tax_lines[0], category=category)
        source = msgspec.structs.replace(source, tax_lines=[line])
        assert _in_cii(source, "ram:ExemptionReasonCode") == code
        assert broken_in_cii(render_cii(source)) == []
        assert broken_in_ubl(render_ubl(source)) == []
