"""Keyset pagination: a cursor names the last row, not an offset.

A cursor is opaque to callers. A forged one can at worst name another place in the same
company's list, because the query is narrowed before the cursor is applied.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute

from shared.errors import InvalidInput

MAX_PAGE_SIZE = 100
MAX_BATCH = 1_000
"""Of what operators work through, a batch after the other."""
_MAX_LENGTH = 2_000
_FIRST_YEAR, _LAST_YEAR = 1970, 9998

Direction = Literal["after", "before"]
Row = TypeVar("Row")
Query = TypeVar("Query", bound="Select[*tuple[Any, ...]]")

Position = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A key of PostgreSQL's bigint, in a cursor."""

Read = Callable[[Direction, Any, int], Sequence[Row]]
"""Reads up to so many rows after or before a row's key; from the list's end if None.
Those before it come in the list's order turned round."""


def check_limit(limit: int, maximum: int = MAX_PAGE_SIZE) -> None:
    """Check the number of rows that a caller requests.

    Raises:
        InvalidInput: ``bad_limit`` with ``max_limit``.
    """
    if not 1 <= limit <= maximum:
        raise InvalidInput("bad_limit", parameters={"max_limit": maximum})


def check_day(day: date | None) -> None:
    """Check that a day, and a zone's offset, can be added to one that a list has.

    Raises:
        InvalidInput: ``bad_day`` with ``value``.
    """
    if day is not None and not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise InvalidInput("bad_day", parameters={"value": day.isoformat()})


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows in the list's order, and cursors to the previous and next pages."""

    rows: Sequence[Row]
    previous: str | None
    next: str | None


def paginate(
    read: Read[Row],
    key_of: Callable[[Row], Any],
    place: tuple[Direction, Any],
    limit: int,
    cursor_of: Callable[[Direction, Any], str] | None = None,
) -> Page[Row]:
    """Return the page of ``limit`` rows at a position, in either direction.

    On the side that the reader came from, a page is assumed without checking. If it is
    gone by then, going back leads to the end of the remaining list.
    """
    cursor_of = cursor_of or encode_cursor
    direction, key = place
    found = read(direction, key, limit + 1)
    if not found and key is not None:
        direction, key = "before" if direction == "after" else "after", None
        found = read(direction, key, limit + 1)
    has_more, rows = len(found) > limit, found[:limit]
    has_previous, has_next = key is not None, has_more
    if direction == "before":
        rows = rows[::-1]
        has_previous, has_next = has_next, has_previous
    if not rows:
        return Page(rows, None, None)
    return Page(
        rows,
        cursor_of("before", key_of(rows[0])) if has_previous else None,
        cursor_of("after", key_of(rows[-1])) if has_next else None,
    )


def walk(
    query: Query,
    position: InstrumentedAttribute[int],
    direction: Direction,
    key: int | None,
    *,
    newest_first: bool = True,
) -> Query:
    """Limit a query to rows after or before a position, the nearest first."""
    falls = newest_first is (direction == "after")
    if key is not None:
        query = query.where(position < key if falls else position > key)
    return query.order_by(position.desc() if falls else position.asc())


def read_place(cursor: str | None, key_type: Any) -> tuple[Direction, Any]:
    """Return the position of a `paginate` cursor; the list's start if None.

    Raises:
        InvalidInput: ``bad_cursor``.
    """
    if cursor is None:
        return "after", None
    place: tuple[Direction, Any] = decode_cursor(cursor, tuple[Direction, key_type])
    return place


def encode_cursor(*values: Any) -> str:
    """Encode a row's sort values as a cursor; the last one must be unique."""
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def decode_cursor(cursor: str, types: Any) -> Any:
    """Read a cursor as a tuple of ``types`` (a ``tuple[...]`` type).

    Raises:
        InvalidInput: ``bad_cursor``; it was not made by `encode_cursor` for this list.
    """
    try:
        padded = cursor[:_MAX_LENGTH] + "=" * (-len(cursor) % 4)
        values = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=types)
    except (binascii.Error, msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise InvalidInput("bad_cursor") from error
    if any(isinstance(value, str) and "\0" in value for value in values):
        raise InvalidInput("bad_cursor", "PostgreSQL's text holds no NUL")
    if any(isinstance(value, datetime) and value.utcoffset() for value in values):
        raise InvalidInput("bad_cursor", "PostgreSQL knows no zone of 16 hours")
    return values
