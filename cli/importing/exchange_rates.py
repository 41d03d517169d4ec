"""Read the ECB's euro reference rates: CSV of all days or one, their zips, or XML.

https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates/
"""

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from cli.importing.plain_xml import parse_plain_xml
from cli.importing.records import FileError
from shared.contracts.billing.exchange_rates import ExchangeRate
from shared.language.translation import gettext as _
from shared.money import currency_of

MAX_BYTES = 50_000_000

_ZIP, _XML = b"PK", b"<"
_NO_RATE = frozenset({"", "N/A"})

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
"""In English, whatever this machine's locale is."""


def read_rates(path: Path) -> list[ExchangeRate]:
    """Read a file's rates in order, without currencies that are no longer in use.

    Raises:
        FileError: it is not one of the ECB's files.
    """
    if path.stat().st_size > MAX_BYTES:
        raise _too_long()
    content = path.read_bytes()
    if content.startswith(_ZIP):
        content = _unzip(content)
    content = content.removeprefix(b"\xef\xbb\xbf")
    is_xml = content.lstrip().startswith(_XML)
    rates = [*(_of_xml(content) if is_xml else _of_csv(content))]
    if not rates:
        raise FileError(_("The file has no rates."))
    return rates


def _unzip(content: bytes) -> bytes:
    try:
        with ZipFile(BytesIO(content)) as archive:
            (name,) = archive.namelist()
            with archive.open(name) as member:
                # The length that the archive states may be wrong.
                unzipped = member.read(MAX_BYTES + 1)
    except (BadZipFile, ValueError, RuntimeError, NotImplementedError, EOFError) as e:
        message = _("The file is not a zip of one file: %(error)s", error=e)
        raise FileError(message) from e
    if len(unzipped) > MAX_BYTES:
        raise _too_long()
    return unzipped


def _of_csv(content: bytes) -> Iterator[ExchangeRate]:
    try:
        lines = csv.reader(content.decode("utf-8").splitlines(), strict=True)
        header = [cell.strip() for cell in next(lines, [])]
        if header[:1] != ["Date"]:
            raise FileError(_("The first column must be Date, as in the ECB's files."))
        for line in filter(None, lines):
            # Each line ends with a comma, after which there is nothing.
            cells = zip(header[1:], line[1:], strict=True)
            for currency, text in cells:
                yield from _rate(line[0], currency, text)
    except (csv.Error, UnicodeDecodeError, ValueError, IndexError) as error:
        message = _("The file doesn't have the ECB's format: %(error)s", error=error)
        raise FileError(message) from error


def _of_xml(content: bytes) -> Iterator[ExchangeRate]:
    for day in parse_plain_xml(content).iterfind(".//{*}Cube[@time]"):
        for cube in day.iterfind("{*}Cube"):
            yield from _rate(
                day.get("time", ""), cube.get("currency", ""), cube.get("rate", "")
            )


def _rate(day: str, currency: str, text: str) -> Iterator[ExchangeRate]:
    if text.strip() in _NO_RATE or not _is_current(currency):
        return
    try:
        rate = Decimal(text.strip())
        yield ExchangeRate(day=_day(day.strip()), currency=currency, rate=rate)
    except (InvalidOperation, ValueError) as error:
        message = _(
            "%(day)s %(currency)s: %(text)r is not a rate.",
            day=day,
            currency=currency,
            text=text,
        )
        raise FileError(message) from error


def _day(text: str) -> date:
    """Read a day like 2026-11-26 or, as in the CSV of one day, 26 November 2026."""
    number, _sep, rest = text.partition(" ")
    name, _sep, year = rest.partition(" ")
    try:
        if name in _MONTHS:
            return date(int(year), _MONTHS.index(name) + 1, int(number))
        return date.fromisoformat(text)
    except ValueError as error:
        message = _(
            "%(text)r is not a date such as 2026-11-26 or 26 November 2026.", text=text
        )
        raise FileError(message) from error


def _is_current(currency: str) -> bool:
    try:
        currency_of(currency)
    except ValueError:
        return False
    return True


def _too_long() -> FileError:
    return FileError(
        _("The file is larger than %(bytes)s bytes.", bytes=f"{MAX_BYTES:,}")
    )
