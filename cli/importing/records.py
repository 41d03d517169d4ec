"""Read CSV and JSON files as records: named texts with their position in the file."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from shared.contracts.inventory.importing import RefusedRow
from shared.language.translation import gettext as _
from shared.language.translation import mark

MAX_VALUE_LENGTH = 1_000
"""Longer values are cut off; no column accepts as much, so they are refused anyway."""

_CSV_FIELD_LIMIT = 10_000_000
_MISSING = mark("Missing column %(named)s. Use these columns: %(known)s")
_UNKNOWN = mark("Unknown column %(named)s. Use these columns: %(known)s")


class FileError(Exception):
    """A file can't be read at all; the message is shown to operators."""


@dataclass(frozen=True)
class Columns:
    """The required and optional columns of a file."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return self.required + self.optional

    def check(self, names: Sequence[str]) -> None:
        """Refuse a file with other columns.

        Raises:
            FileError: a column is missing, unknown or repeated.
        """
        if len(set(names)) < len(names):
            raise FileError(_("The file has two columns with the same name."))
        missing = [name for name in self.required if name not in names]
        unknown = [name for name in names if name not in self.all]
        if missing or unknown:
            template = _MISSING if missing else _UNKNOWN
            named = ", ".join(repr(name) for name in (missing or unknown))
            known = ", ".join(self.all)
            raise FileError(_(template, named=named, known=known))


@dataclass(frozen=True)
class Record:
    line: str
    values: Mapping[str, str]


def read_csv(path: Path, columns: Columns) -> Iterator[Record | RefusedRow]:
    """Read the records of a CSV file in UTF-8 with a header, separated by , or ;.

    Raises:
        FileError: the file is something else.
    """
    csv.field_size_limit(_CSV_FIELD_LIMIT)
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            yield from _csv_records(file, columns)
        except UnicodeDecodeError as error:
            message = _("%(path)s is not UTF-8: %(error)s", path=path, error=error)
            raise FileError(message) from error


def read_json(path: Path, columns: Columns) -> Iterator[Record | RefusedRow]:
    """Read the records of a JSON file: a list of objects.

    Raises:
        FileError: the file is something else.
    """
    content = load_json(path)
    if not isinstance(content, list):
        raise FileError(_("%(path)s is not a list of objects.", path=path))
    for number, item in enumerate(content, 1):
        yield _json_record(f"#{number}", item, columns)


def load_json(path: Path) -> Any:
    """Load a JSON file with its numbers as text, so that no price becomes a float.

    Raises:
        FileError: it is not JSON, or an object has the same name twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        return json.loads(
            text,
            parse_float=str,
            parse_int=str,
            parse_constant=str,
            object_pairs_hook=_without_repeats,
        )
    except (ValueError, RecursionError) as error:
        message = _(
            "%(path)s is not a JSON file in UTF-8: %(error)s", path=path, error=error
        )
        raise FileError(message) from error


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise FileError(_("One object has %(name)r twice.", name=repeated[:80]))
    return found


def cut(text: str) -> str:
    """Cut a value to a length that can be sent, and replace invalid characters."""
    return text[:MAX_VALUE_LENGTH].encode("utf-8", "replace").decode()


def _csv_records(file: TextIO, columns: Columns) -> Iterator[Record | RefusedRow]:
    start = file.readline()
    delimiter = ";" if start.count(";") > start.count(",") else ","
    file.seek(0)
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        columns.check(names)
        line = reader.line_num + 1
        for values in reader:
            if values:
                yield _csv_record(str(line), names, values)
            line = reader.line_num + 1
    except csv.Error as error:
        message = _(
            "Line %(line)s is not CSV: %(error)s", line=reader.line_num, error=error
        )
        raise FileError(message) from error


def _csv_record(
    line: str, names: Sequence[str], values: Sequence[str]
) -> Record | RefusedRow:
    if len(values) != len(names):
        found = f"{len(values)} instead of {len(names)}"
        return RefusedRow(line=line, field="", code="value_count", value=found)
    return Record(line, {n: cut(v) for n, v in zip(names, values, strict=True)})


def _json_record(line: str, item: Any, columns: Columns) -> Record | RefusedRow:
    if not isinstance(item, dict):
        return RefusedRow(line=line, field="", code="no_object")
    values: dict[str, str] = {}
    for name, value in item.items():
        if name not in columns.all:
            return RefusedRow(line=line, field=cut(name)[:80], code="unknown_field")
        if not isinstance(value, str | None):
            return RefusedRow(line=line, field=name, code="no_text")
        values[name] = cut(value or "")
    return Record(line, {name: values.get(name, "") for name in columns.all})
