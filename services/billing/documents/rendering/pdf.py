"""The PDF of a document: PDF/A-3b, an invoice's with its Factur-X XML inside.

The same content has the same bytes: nothing is read of the clock or of the machine, its
fonts included.
"""

import json
from datetime import UTC, datetime, time
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import typst
from facturx.facturx import generate_xmp_object
from lxml import etree
from pypdf import PdfReader, PdfWriter

from services.billing.documents.rendering import fonts
from services.billing.documents.rendering.sheet import lay_out, title
from services.billing.documents.rendering.text import clean, fit_for_page
from services.billing.documents.rendering.words import words_in
from shared.contracts.billing.documents import DocumentContent

ATTACHMENT = "factur-x.xml"
"""The XML's name inside; Factur-X gives it. `document.typ` has it, too."""

_PAGE = Path(__file__).with_name("document.typ")
_XMP = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n%s\n'
    b'<?xpacket end="w"?>'
)


def render_pdf(content: DocumentContent, xml: bytes | None) -> bytes:
    """Make the PDF/A-3b; with ``xml``, from `render_cii`, as Factur-X, EN 16931."""
    inputs = {"document": json.dumps(_texts_of(content), ensure_ascii=False)}
    if xml is not None:
        inputs["xml"] = xml.decode()
    # A compiler is for one thread at a time; a new one costs nothing to speak of.
    compiler = typst.Compiler(str(_PAGE), root=str(_PAGE.parent), font_paths=_fonts())
    pdf = compiler.compile(
        format="pdf",
        sys_inputs=inputs,
        pdf_standards=["a-3b"],
        timestamp=_made_at(content),
    )
    assert isinstance(pdf, bytes)
    return pdf if xml is None else _as_factur_x(pdf, content)


def _texts_of(content: DocumentContent) -> dict[str, Any]:
    """What `document.typ` reads: every text fit for our fonts, so none is forgotten."""
    texts = {
        **msgspec.to_builtins(lay_out(content)),
        "title": title(content),
        "author": content.seller.name,
        "page": words_in(content.language).page,
    }
    return {name: _fit(part) for name, part in texts.items()}


def _fit(part: Any) -> Any:
    if isinstance(part, str):
        return fit_for_page(part)
    return [_fit(each) for each in part]


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(fonts.FOLDER)],
    )


def _made_at(content: DocumentContent) -> datetime:
    return datetime.combine(content.issued_on, time(), UTC)


def _as_factur_x(pdf: bytes, content: DocumentContent) -> bytes:
    """Say in the metadata that the XML inside is Factur-X.

    The library's own `generate_from_binary` would embed it, too, but with the time of
    the day, so that a retry would make other bytes.
    """
    reader = PdfReader(BytesIO(pdf))
    writer = PdfWriter(clone_from=reader)
    writer.pdf_header = reader.pdf_header
    assert reader.metadata is not None
    metadata = _metadata(content, str(reader.metadata.creator))
    writer.xmp_metadata = _XMP % etree.tostring(metadata, encoding="utf-8")
    result = BytesIO()
    writer.write(result)
    return result.getvalue()


def _metadata(content: DocumentContent, program: str) -> etree._Element:
    name = clean(title(content))
    root: etree._Element = generate_xmp_object(
        {
            "pdfa3_flavor": "B",
            "title": name,
            "author": clean(content.seller.name),
            "subject": name,
            "producer": program,
            "creator_tool": program,
            "timestamp": _made_at(content).isoformat(),
            "documenttype": "INVOICE",
            "xml_filename": ATTACHMENT,
            "version": "1.0",
            "xmp_level": "EN 16931",
            "urn": "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#",
        }
    )
    return root
