"""Whatever billing issues: its files are made, and say the same."""

import unicodedata
from datetime import date
from decimal import Decimal
from io import BytesIO

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from pypdf import PdfReader

from services.billing.documents.rendering.figures import write_money
from services.billing.documents.rendering.pdf import render_pdf
from services.billing.documents.rendering.text import clean
from services.billing.documents.rendering.words import LANGUAGES
from services.billing.documents.rendering.xml import render_cii, render_ubl
from shared.contracts.billing.documents import DocumentContent, DocumentKind
from tests.fixtures.billing.rendering.contents import (
    DECISIONS,
    content,
    in_accounting_currency,
    named,
)
from tests.fixtures.billing.rendering.reading import read_text
from tests.fixtures.properties import examples

CURRENCIES = {"EUR": 2, "PLN": 2, "JPY": 0, "KWD": 3, "CLF": 4}
_UNECE = "urn:un:unece:uncefact:data:standard:"
RAM = f"{{{_UNECE}ReusableAggregateBusinessInformationEntity:100}}"

any_character = st.characters(codec=None)
some_script = st.sampled_from(
    [(0x20, 0x24F), (0x300, 0x3FF), (0x400, 0x6FF), (0x900, 0x97F), (0xE00, 0xE7F)]
)
letters = some_script.flatmap(
    lambda ends: st.characters(min_codepoint=ends[0], max_codepoint=ends[1])
)
names = st.lists(st.one_of(any_character, letters), max_size=120).map("".join)


@st.composite
def contents(draw: st.DrawFn) -> DocumentContent:
    currency = draw(st.sampled_from(sorted(CURRENCIES)))
    units = Decimal(draw(st.integers(1, 10**14 - 1)))
    source = content(
        draw(st.sampled_from(DocumentKind)),
        draw(st.sampled_from(sorted(DECISIONS))),
        net=f"{units.scaleb(-CURRENCIES[currency]):f}",
        currency=currency,
        language=draw(st.sampled_from([*LANGUAGES, "fr"])),
    )
    if draw(st.booleans()):
        source = in_accounting_currency(source)
    day = draw(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
    source = msgspec.structs.replace(source, issued_on=day)
    return named(draw(names), source)


@pytest.mark.property
@settings(max_examples=examples(25))
@given(source=contents())
def test_any_document_can_be_made_and_its_files_agree(source: DocumentContent) -> None:
    xml = None if source.kind is DocumentKind.PROFORMA else render_cii(source)
    pdf = render_pdf(source, xml)
    reader = PdfReader(BytesIO(pdf))
    said = read_text(pdf)
    for money in (source.net, source.tax, source.gross):
        assert write_money(money, source.language) in said
    if xml is None:
        assert not reader.attachments
        return
    assert reader.attachments["factur-x.xml"] == [xml]
    root = etree.fromstring(xml)
    gross = f"{source.gross.amount:f}"
    assert root.findtext(f".//{RAM}GrandTotalAmount") == gross
    name = root.findtext(f".//{RAM}BuyerTradeParty/{RAM}Name")
    assert name == (clean(source.buyer.name) or "\N{EM DASH}")
    assert name == unicodedata.normalize("NFC", str(name))
    assert f">{gross}<" in render_ubl(source).decode()
