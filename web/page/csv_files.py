"""Lists as CSV (RFC 4180), made piece by piece, safe to open as a sheet."""

import csv
import io
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from flask_babel import gettext

from shared.language.translation import mark

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"

INCOMPLETE = mark("INCOMPLETE: some rows are missing. Download this list again.")

PageT = TypeVar("PageT")

Rows = Iterable[Sequence[str]]


def write_csv(
    columns: Sequence[str], pages: Iterable[PageT], rows_of: Callable[[PageT], Rows]
) -> Iterator[bytes]:
    """Write the pages of a list, holding no more than one.

    It begins with a byte order mark, without which Excel reads no UTF-8. If a page
    fails, the last line says that some are missing and the failure is raised: not every
    server lets the reader see that an answer was incomplete.
    """
    yield BOM_UTF8 + _lines([columns])
    try:
        for page in pages:
            yield _lines(rows_of(page))
    except Exception:
        yield _lines([[gettext(INCOMPLETE)]])
        raise


def _lines(rows: Rows) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
