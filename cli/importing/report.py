"""Which lines were refused and why: all of them in a file, the first on the screen."""

import csv
from collections.abc import Iterable
from pathlib import Path

from shared.contracts.inventory.importing import RefusedRow

REASONS = {
    "missing": "there is no value",
    "too_long": "it is too long",
    "control_character": "it has a control character",
    "bad_code": "a code has only a-z, 0-9, dot, dash and underscore",
    "no_such_currency": "there is no such currency (ISO 4217)",
    "currency_not_current": "nobody pays in this currency any more (ISO 4217)",
    "currency_not_invoiced": "it has more than two decimal places, unlike invoices",
    "no_such_period": "a period is hour, day, week, month, year or once",
    "no_such_state": "a state is pending, active or suspended",
    "bad_price": "it is no number",
    "price_out_of_range": "a price is between 0 and 1000000000",
    "zero_price": "a price of zero stands for an unknown one here",
    "contradiction": "an earlier line, or the catalogue, says otherwise",
    "duplicate": "an earlier line says otherwise of the same thing",
    "bad_name": "it is no name",
    "bad_id": "it is no id",
    "bad_time": "a time is like 2026-01-31T09:00:00+01:00, past, and of no pending one",
    "no_such_plan": "there is no such plan",
    "no_such_price": "the plan has no such price",
    "wrong_state": "no way leads there from the service's present state",
    "suspended": "the service is suspended, and no import lifts that",
    "fixed": "a service keeps its currency and period",
    "no_such_company": "there is no such company",
    "ambiguous_company": "several companies have the name; give the id",
    "value_count": "the line has more or fewer values than the header",
    "no_object": "it is no object",
    "no_text": "it is neither text nor number",
    "unknown_field": "there is no such field",
}


def describe(row: RefusedRow) -> str:
    """One refused line, for people."""
    where = f"line {row.line}" if row.line.isdigit() else row.line
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
    return REASONS.get(row.code, row.code)
