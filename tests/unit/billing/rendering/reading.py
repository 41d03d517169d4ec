"""The text of a PDF, as PDFium reads it, which Chromium shows PDFs with.

pypdf is no judge of it: it passes over ``/ActualText``, which says what a glyph means
where one glyph stands for several texts.
"""

import pypdfium2


def read_pages(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [_read(page) for page in document]
    finally:
        document.close()


def read_text(pdf: bytes) -> str:
    return "\n".join(read_pages(pdf))


def _read(page: pypdfium2.PdfPage) -> str:
    text: str = page.get_textpage().get_text_range()
    return text.replace("\r\n", "\n").replace("\N{ZERO WIDTH SPACE}", "")
