"""The PDF of a document: what it says, what is inside, and that it never fails."""

import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from io import BytesIO

import msgspec
import pytest
from babel import Locale
from facturx import get_facturx_xml_from_pdf
from lxml import etree
from pypdf import PdfReader

from services.billing.documents.rendering.pdf import render_pdf
from services.billing.documents.rendering.text import SUBSTITUTE
from services.billing.documents.rendering.words import LANGUAGES
from services.billing.documents.rendering.xml import render_cii
from shared.contracts.billing.documents import (
    DocumentContent,
    DocumentKind,
    DocumentLine,
)
from shared.money import Money, currency_of
from tests.fixtures.billing.rendering.contents import (
    DECISIONS,
    content,
    in_accounting_currency,
    named,
)
from tests.fixtures.billing.rendering.reading import read_pages, read_text

XMP = {
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "fx": "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}
MARKS = {"en": (",", "."), "de": (".", ","), "pl": ("\N{NO-BREAK SPACE}", ",")}
"""What groups thousands, and the decimal mark."""


def _make(source: DocumentContent) -> bytes:
    is_proforma = source.kind is DocumentKind.PROFORMA
    return render_pdf(source, None if is_proforma else render_cii(source))


def _said(source: DocumentContent) -> str:
    """All that it says, on one line."""
    return re.sub(r"[ \n]+", " ", read_text(_make(source)))


def _amounts(text: str, currency: str, language: str) -> list[Decimal]:
    group, mark = MARKS[language]
    number = rf"(-?[0-9][0-9{re.escape(group)}]*(?:{re.escape(mark)}[0-9]+)?)"
    found = re.findall(rf"{number}\N{{NO-BREAK SPACE}}{currency}", text)
    return [Decimal(said.replace(group, "").replace(mark, ".")) for said in found]


def _metadata(pdf: bytes) -> etree._Element:
    stream = PdfReader(BytesIO(pdf)).root_object["/Metadata"].get_object()
    return etree.fromstring(stream.get_data())  # type: ignore[union-attr]


@pytest.mark.parametrize("outcome", DECISIONS)
@pytest.mark.parametrize("kind", DocumentKind)
def test_the_figures_are_those_of_the_content(kind: DocumentKind, outcome: str) -> None:
    source = content(kind, outcome, net="1234567.85")
    net, tax, gross = (m.amount for m in (source.net, source.tax, source.gross))
    paid = [-gross, Decimal("0.00")] if kind is DocumentKind.INVOICE else [gross]
    bank = [gross] if kind is DocumentKind.PROFORMA else []
    in_pdf = _amounts(_said(source), "EUR", source.language)
    assert in_pdf == [net, net, tax, gross, *paid, net, tax, gross, *bank]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", DocumentKind)
def test_a_document_speaks_its_language(kind: DocumentKind, language: str) -> None:
    titles = {
        "en": ("Proforma invoice", "Invoice", "Credit note"),
        "de": ("Proforma-Rechnung", "Rechnung", "Rechnungskorrektur"),
        "pl": ("Faktura pro forma", "Faktura", "Faktura korygująca"),
    }
    title = titles[language][list(DocumentKind).index(kind)]
    source = content(kind, language=language)
    pdf = _make(source)
    said = read_text(pdf)
    assert said.startswith(f"{title}\n")
    country = Locale(language).territories["DE"]
    assert f"Hamburg\n{country}" in said
    assert str(PdfReader(BytesIO(pdf)).root_object["/Lang"]) == language
    for fact in (source.number, source.reference, source.seller.vat_id):
        assert fact in said


def test_an_unknown_language_is_english() -> None:
    assert _said(content(language="tlh")).startswith("Invoice ")


def test_a_proforma_asks_for_payment_and_says_that_it_is_not_an_invoice() -> None:
    said = _said(content(DocumentKind.PROFORMA, language="en"))
    assert "This is not an invoice" in said
    assert "Due by 10 December 2026" in said
    assert "Amount due 119.00\N{NO-BREAK SPACE}EUR" in said
    assert "IBAN DE89 3704 0044 0532 0130 00" in said
    assert "BIC COBADEFFXXX" in said
    assert "Paid on" not in said


def test_an_invoice_says_when_and_how_it_was_paid() -> None:
    said = _said(content(language="en"))
    assert (
        "Paid on 25 November 2026 (Visa ending in 4242) -119.00\N{NO-BREAK SPACE}EUR"
        in said
    )
    assert "Amount due 0.00\N{NO-BREAK SPACE}EUR" in said
    assert "IBAN" not in said


def test_a_way_to_pay_of_the_future_is_said_as_it_is() -> None:
    source = msgspec.structs.replace(content(), payment_method="Bitcoin")
    assert "(Bitcoin)" in _said(source)


def test_a_credit_note_says_what_it_takes_back_and_why() -> None:
    said = _said(content(DocumentKind.CREDIT_NOTE, language="en"))
    assert "Corrects invoice 2026-000016 dated 1 November 2026" in said
    assert "Reason: Refund as agreed" in said
    assert "Amount credited 119.00\N{NO-BREAK SPACE}EUR" in said
    assert "Amount due" not in said


def test_an_invoice_says_which_it_replaces() -> None:
    corrects = content(DocumentKind.CREDIT_NOTE).corrects
    source = msgspec.structs.replace(content(language="en"), corrects=corrects)
    assert "Replaces invoice 2026-000016 dated 1 November 2026" in _said(source)


def test_reverse_charge_is_said_in_the_words_of_the_law() -> None:
    said = _said(content(outcome="reverse_charge", language="de"))
    assert "Steuerschuldnerschaft des Leistungsempfängers" in said
    assert "PL5260001246" in said
    assert "Steuerschuldnerschaft" not in _said(content(language="de"))


def test_the_tax_is_shown_in_the_accounting_currency_with_its_rate() -> None:
    said = _said(in_accounting_currency(content(currency="PLN", language="en")))
    rate = "(1 EUR = 4.2315 PLN, ECB, 24 November 2026)"
    assert f"VAT in EUR: 4.49\N{NO-BREAK SPACE}EUR {rate}" in said


@pytest.mark.parametrize(
    ("currency", "net", "written"),
    [("JPY", "12345", "12,345"), ("KWD", "1234.125", "1,234.125")],
)
def test_a_currency_has_the_decimal_places_it_has(
    currency: str, net: str, written: str
) -> None:
    source = content(currency=currency, net=net, language="en")
    assert f"Net total {written}\N{NO-BREAK SPACE}{currency}" in _said(source)


@pytest.mark.parametrize("kind", DocumentKind)
def test_it_declares_pdf_a_3(kind: DocumentKind) -> None:
    pdf = _make(content(kind))
    assert pdf.startswith(b"%PDF-1.7\n%")
    metadata = _metadata(pdf)
    assert metadata.findtext(".//pdfaid:part", namespaces=XMP) == "3"
    assert metadata.findtext(".//pdfaid:conformance", namespaces=XMP) == "B"
    trailer = PdfReader(BytesIO(pdf)).trailer
    assert "/ID" in trailer
    assert "/Encrypt" not in trailer
    assert "/OutputIntents" in PdfReader(BytesIO(pdf)).root_object


@pytest.mark.parametrize("kind", [DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE])
def test_the_xml_is_inside_as_factur_x(kind: DocumentKind) -> None:
    source = content(kind)
    xml = render_cii(source)
    pdf = render_pdf(source, xml)
    assert PdfReader(BytesIO(pdf)).attachments["factur-x.xml"] == [xml]
    assert get_facturx_xml_from_pdf(pdf) == ("factur-x.xml", xml)
    metadata = _metadata(pdf)
    for name, value in {
        "fx:DocumentType": "INVOICE",
        "fx:DocumentFileName": "factur-x.xml",
        "fx:ConformanceLevel": "EN 16931",
        "fx:Version": "1.0",
    }.items():
        assert metadata.findtext(f".//{name}", namespaces=XMP) == value
    assert b"/AFRelationship /Alternative" in pdf


def test_a_proforma_has_nothing_inside() -> None:
    pdf = _make(content(DocumentKind.PROFORMA))
    assert not PdfReader(BytesIO(pdf)).attachments


@pytest.mark.parametrize("kind", DocumentKind)
def test_the_same_content_has_the_same_bytes_in_any_thread(kind: DocumentKind) -> None:
    source = named("Ωmega ไทย שלום", content(kind))
    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(_make, [source] * 8))
    assert len(made) == 1


def test_another_day_makes_other_bytes() -> None:
    source = content()
    later = msgspec.structs.replace(source, issued_on=date(2026, 11, 27))
    assert _make(source) != _make(later)


@pytest.mark.parametrize(
    "name",
    [
        '#import "secret.txt": *',
        "]] #panic() [[",
        "$x^2$ *bold* _emph_ `raw` @ref <label> \\u{41} // /* */",
        "<b>&amp;</b><script>",
        "{page} {pages} {0} {reason} %s %(x)s",
        "Offizier Straße Ñandú Świętokrzyska Ðakovë Ệ",
        "Ελληνική Εταιρεία",
        "Общество «Ромашка» Ґанок",
    ],
)
def test_names_are_said_as_they_are(name: str) -> None:
    said = _said(named(name, content()))
    assert name in said


@pytest.mark.parametrize("name", ["देवनागरी", "บริษัท", "საქართველო", "Հայաստան"])
def test_other_scripts_are_said_as_they_are(name: str) -> None:
    assert name in _said(named(name, content()))


@pytest.mark.parametrize("name", ["שלום עולם", "شركة الاختبار"])
def test_scripts_from_right_to_left_are_said_without_a_substitute(name: str) -> None:
    """Letter by letter: which way a reader puts them back together is its own."""
    said = _said(named(name, content()))
    assert SUBSTITUTE not in said
    assert set(name) <= set(unicodedata.normalize("NFKC", said))


def test_an_odd_name_leaves_the_figures_alone() -> None:
    """An accent over a digit: that digit's glyph stands for two texts."""
    said = _said(named("1\u0300 0\u0301", content(language="en")))
    assert "Net total 100.00\N{NO-BREAK SPACE}EUR" in said
    assert "20457 Hamburg" in said


@pytest.mark.parametrize(
    "name", ["株式会社", "🎉", "👨‍👩‍👧", "\ue000", "\U000e0fff", "𒀀"]
)
def test_what_no_font_has_is_replaced_visibly(name: str) -> None:
    said = _said(named(f"A {name} B", content()))
    assert re.search(rf"A {SUBSTITUTE}+ B", said)


@pytest.mark.parametrize(
    "name",
    ["\0", "\x1b[31m", "\ud800", "\ufffe", "\u202e", "\N{ZERO WIDTH SPACE}", "\r\n"],
)
def test_what_is_invisible_is_left_out(name: str) -> None:
    """A bidirectional override would show the rest of the line backwards."""
    said = _said(named(f"Aurora{name}", content()))
    assert SUBSTITUTE not in said
    assert "Aurora" in said


@pytest.mark.parametrize("name", ["W" * 700, "x" * 60, "long name " * 70, "", " "])
def test_long_and_empty_names_are_accepted(name: str) -> None:
    said = _said(named(name, content()))
    for letter in set(name) - {" "}:
        assert said.count(letter) >= 5 * name.count(letter)


def test_a_long_word_stays_inside_of_its_column() -> None:
    rows = read_text(_make(named("W" * 60, content()))).splitlines()
    assert max(row.count("W") for row in rows) < 50


def test_many_lines_continue_over_pages_with_their_heads() -> None:
    source = content(language="en")
    net = Money(Decimal("1.00"), currency_of("EUR"))
    lines = [DocumentLine(text=f"Line {n}.", net=net) for n in range(100)]
    pdf = _make(msgspec.structs.replace(source, lines=lines))
    pages = read_pages(pdf)
    assert len(pages) > 2
    assert f"Page 2 of {len(pages)}" in pages[1]
    assert "Net amount" in pages[1]
    assert all(f"Line {n}." in "\n".join(pages) for n in range(100))
