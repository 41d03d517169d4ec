"""An invoice as PDF/A-3 with its XML inside against a bare PDF of one word.

Each of them is a new document: nothing that was set before can be used again.
"""

import itertools
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import msgspec
import typst

from bench.figures import Figure, at_most
from bench.site import Site
from bench.timing import medians_ms
from services.billing.documents.rendering import fonts
from services.billing.documents.rendering.pdf import render_pdf
from services.billing.documents.rendering.xml import render_cii
from shared.contracts.billing.documents import (
    DocumentContent,
    DocumentKind,
    DocumentLine,
    Party,
)
from shared.contracts.billing.tax import TaxCategory, TaxLine, TaxReason, TaxRule
from shared.money import Money, currency_of

GOAL = at_most(25)

_TIMES = 100
_FONTS = typst.Fonts(
    include_system_fonts=False,
    include_embedded_fonts=False,
    font_paths=[fonts.FOLDER],
)


def measure(_site: Site) -> Iterator[Figure]:
    numbers = itertools.count(1)
    ours, bare = medians_ms(
        lambda: _invoice(next(numbers)), lambda: _bare(next(numbers)), _TIMES
    )
    yield Figure("an invoice with its XML: a PDF/A of one word", ours, bare, "ms", GOAL)


def _invoice(number: int) -> bytes:
    content = msgspec.structs.replace(_CONTENT, number=f"2026-{number:06}")
    return render_pdf(content, render_cii(content))


def _bare(number: int) -> bytes:
    page = f'#set text(font: "Noto Sans")\n{number}'.encode()
    compiler = typst.Compiler(page, font_paths=_FONTS)
    pdf = compiler.compile(format="pdf", pdf_standards=["a-3b"])
    assert isinstance(pdf, bytes)
    return pdf


def _euros(amount: str) -> Money:
    return Money(Decimal(amount), currency_of("EUR"))


def _party(name: str, street: str, city: str, vat_id: str) -> Party:
    return Party(
        name=name,
        street=street,
        postal_code="10119",
        city=city,
        region="",
        country="DE",
        vat_id=vat_id,
    )


_CONTENT = DocumentContent(
    kind=DocumentKind.INVOICE,
    number="",
    issued_on=date(2026, 11, 26),
    paid_on=date(2026, 11, 25),
    language="de",
    seller=_party("Nordlicht GmbH", "Hafen 12", "Hamburg", "DE136695976"),
    buyer=_party("Aurora Digital GmbH", "Torstraße 49", "Berlin", ""),
    lines=[DocumentLine(text="Anzahlung auf das Guthaben", net=_euros("100.00"))],
    tax_lines=[
        TaxLine(
            category=TaxCategory.STANDARD,
            rate_percent=Decimal(19),
            base=_euros("100.00"),
            tax=_euros("19.00"),
        )
    ],
    tax_reason=TaxReason(code=TaxRule.DOMESTIC_BUSINESS, parameters={}, fields=[]),
    tax_words="USt. 19 %, Geschäftskunde",
    net=_euros("100.00"),
    tax=_euros("19.00"),
    gross=_euros("119.00"),
    accounting_tax=None,
    payment_method="stripe",
    reference="TU-4F7K-2M9Q-8RTW",
    corrects=None,
    reason="",
    due_on=None,
    bank=None,
)
