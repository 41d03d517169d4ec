"""The values of an imported row, read one by one; a bad one refuses the row."""

import re
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import TypeVar
from uuid import UUID

from services.inventory.prices import parse_price
from shared.contracts import inventory
from shared.errors import InvalidInput
from shared.money import Money, currency_of, fits_invoices, is_current
from shared.text import clean_line, is_plain

MAX_CODE_LENGTH = 100
MAX_LINE_LENGTH = 200
_MAX_SHOWN = 80

_CODE = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_PROBLEMS = {"empty": "missing"}

Choice = TypeVar("Choice", bound=Enum)


class RowRefused(Exception):
    """A row can't be taken, because of one of its values."""

    def __init__(self, field: str, code: str, value: str = "") -> None:
        super().__init__(field, code)
        self.field = field
        self.code = code
        self.value = value

    def at(self, line: str) -> inventory.importing.RefusedRow:
        value = _plain(self.value)
        if len(value) > _MAX_SHOWN:
            value = f"{value[: _MAX_SHOWN - 1]}…"
        return inventory.importing.RefusedRow(
            line=line, field=self.field, code=self.code, value=value
        )


def line_of(text: str) -> str:
    """Return a row's position in its file, as stored and shown."""
    return _plain(text[:MAX_LINE_LENGTH])


def read_code(field: str, text: str) -> str:
    """A code: at most 100 of a-z, 0-9, dot, dash and underscore, between the former."""
    code = text.strip()
    if not code:
        raise RowRefused(field, "missing")
    if len(code) > MAX_CODE_LENGTH:
        raise RowRefused(field, "too_long", code)
    if not _CODE.fullmatch(code):
        raise RowRefused(field, "bad_code", code)
    return code


def read_text(field: str, text: str, max_length: int, *, required: bool = True) -> str:
    try:
        return clean_line(text, max_length, required=required)
    except InvalidInput as refusal:
        problem = refusal.parameters["problem"]
        raise RowRefused(field, _PROBLEMS.get(problem, problem), text) from refusal


def read_currency(field: str, text: str) -> str:
    code = text.strip().upper()
    if not code:
        raise RowRefused(field, "missing")
    if not _is_currency(code):
        raise RowRefused(field, "no_such_currency", text)
    if not is_current(code):
        raise RowRefused(field, "currency_not_current", text)
    if not fits_invoices(code):
        raise RowRefused(field, "currency_not_invoiced", text)
    return code


def read_price(field: str, text: str, currency: str) -> Money:
    amount = text.strip()
    if not amount:
        raise RowRefused(field, "missing")
    try:
        return parse_price(amount, currency)
    except InvalidInput as refusal:
        raise RowRefused(field, refusal.code, amount) from refusal


def read_choice(field: str, text: str, choices: type[Choice], code: str) -> Choice:
    value = text.strip().lower()
    if not value:
        raise RowRefused(field, "missing")
    try:
        return choices(value)
    except ValueError as error:
        raise RowRefused(field, code, text) from error


def read_id(field: str, text: str) -> UUID:
    value = text.strip()
    if not value:
        raise RowRefused(field, "missing")
    try:
        return UUID(value)
    except ValueError as error:
        raise RowRefused(field, "bad_id", text) from error


def read_moment(field: str, text: str) -> datetime:
    """Read an ISO 8601 time with its offset."""
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            raise RowRefused(field, "bad_time", text)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise RowRefused(field, "bad_time", text) from error


def _plain(text: str) -> str:
    """Without what PostgreSQL can't keep, nor a terminal show."""
    return text if text.isprintable() else "".join(filter(is_plain, text))


@lru_cache(maxsize=500)
def _is_currency(code: str) -> bool:
    try:
        currency_of(code)
    except ValueError:
        return False
    return bool(_CURRENCY.fullmatch(code))
