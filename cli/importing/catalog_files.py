"""Read catalogue files: CSV, JSON, and Apache Libcloud's price file."""

from collections.abc import Iterator
from pathlib import Path

from cli.importing import libcloud
from cli.importing.records import (
    Columns,
    FileError,
    Record,
    load_json,
    read_csv,
    read_json,
)
from shared.contracts.inventory.importing import CatalogRow, RefusedRow
from shared.language.translation import gettext as _

FORMATS = ("auto", "csv", "json", "libcloud")

COLUMNS = Columns(
    required=(
        "family",
        "family_name",
        "plan",
        "plan_name",
        "currency",
        "period",
        "price",
    ),
    optional=("icon",),
)


def read_catalog(
    path: Path, file_format: str, currency: str
) -> Iterator[CatalogRow | RefusedRow]:
    """Read the rows of a file; ``currency`` is for Libcloud's, which names none.

    Raises:
        FileError: the file has another format.
    """
    found = _format_of(path) if file_format == "auto" else file_format
    if found == "libcloud":
        content = load_json(path)
        if not libcloud.is_libcloud(content):
            raise FileError(
                _("%(path)s is not Apache Libcloud's price file.", path=path)
            )
        yield from libcloud.read_prices(content, currency)
        return
    read = read_csv if found == "csv" else read_json
    for record in read(path, COLUMNS):
        yield _row(record) if isinstance(record, Record) else record


def _format_of(path: Path) -> str:
    if path.suffix.lower() != ".json":
        return "csv"
    return "libcloud" if libcloud.is_libcloud(load_json(path)) else "json"


def _row(record: Record) -> CatalogRow:
    values = record.values
    return CatalogRow(
        line=record.line,
        family_code=values["family"],
        family_name=values["family_name"],
        plan_code=values["plan"],
        plan_name=values["plan_name"],
        currency=values["currency"],
        period=values["period"],
        price=values["price"],
        icon=values.get("icon", ""),
    )
