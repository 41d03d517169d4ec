"""Paging by key: a cursor names the last row seen, never how many were.

A cursor is opaque to callers. A forged one can at worst name another place in the same
company's list, because the query is narrowed before the cursor is applied.
"""

import base64
import binascii
from datetime import datetime
from typing import Any

import msgspec

from shared.errors import InvalidInput

MAX_PAGE_SIZE = 100
_MAX_LENGTH = 2_000


def encode_cursor(*values: Any) -> str:
    """Make a cursor of a row's sort values; the last one must be unique."""
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
