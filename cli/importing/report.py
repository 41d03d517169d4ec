"""Report refused lines: the first ones on the screen, all of them in a file."""

import csv
from collections.abc import Iterable
from pathlib import Path

from shared.contracts.inventory.importing import RefusedRow
from shared.language.translation import gettext, mark

REASONS = {
    "missing": mark("a value is missing"),
    "too_long": mark("the value is too long"),
    "control_character": mark("the value contains a control character"),
    "bad_code": mark("use only a-z, 0-9, dots, dashes and underscores"),
    "no_such_currency": mark("unknown currency; use its ISO 4217 code"),
    "currency_not_current": mark("the currency is no longer in use (ISO 4217)"),
    "currency_not_invoiced": mark("invoices can't show more than two decimal places"),
    "no_such_period": mark("use hour, day, week, month, year or once"),
    "no_such_state": mark("use pending, active or suspended"),
    "bad_price": mark("the price is not a number"),
    "price_out_of_range": mark("the price must be between 0 and 1000000000"),
    "zero_price": mark("a price of zero means that the price is unknown"),
    "contradiction": mark("an earlier line or the catalogue has a different value"),
    "duplicate": mark("an earlier line has a different value for the same entry"),
    "bad_name": mark("the company is not a valid name or ID"),
    "bad_id": mark("the ID is not valid"),
    "bad_time": mark(
        "use a past time like 2026-01-31T09:00:00+01:00, or none if pending"
    ),
    "no_such_plan": mark("the catalogue has no such plan"),
    "no_such_price": mark("the plan has no price for this currency and period"),
    "wrong_state": mark("not allowed from the current state"),
    "suspended": mark("the service is suspended; an import can't resume it"),
    "fixed": mark("the currency and period of a service can't change"),
    "no_such_company": mark("no company has this ID or name"),
    "ambiguous_company": mark("several companies have this name; use the ID"),
    "value_count": mark("the number of values differs from the header"),
    "no_object": mark("the entry is not an object"),
    "no_text": mark("the value is neither text nor a number"),
    "unknown_field": mark("unknown field"),
}


def describe(row: RefusedRow) -> str:
    """Describe one refused line."""
    is_number = row.line.isdigit()
    where = gettext("line %(line)s", line=row.line) if is_number else row.line
    what = f", {row.field}" if row.field else ""
    value = f" ({row.value!r})" if row.value else ""
    return f"{where}{what}: {_reason(row)}{value}"


def write_report(path: Path, refused: Iterable[RefusedRow]) -> None:
    """Write all refused lines as CSV: line, field, code, value, reason."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("line", "field", "code", "value", "reason"))
        for row in refused:
            writer.writerow((row.line, row.field, row.code, row.value, _reason(row)))


def _reason(row: RefusedRow) -> str:
    return gettext(REASONS[row.code]) if row.code in REASONS else row.code
