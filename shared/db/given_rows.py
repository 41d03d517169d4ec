"""Many rows in one statement, as one JSON text that PostgreSQL reads itself.

Binding each value of each row takes Python longer than PostgreSQL to insert them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Table, Text, cast, func, literal, literal_column, select
from sqlalchemy.dialects.postgresql import JSON, Insert, insert


def insert_given(table: Table, rows: Sequence[Mapping[str, Any]]) -> Insert:
    """Insert rows that each have a value for all columns of the table."""
    names = [column.name for column in table.columns]
    written = literal(msgspec.json.encode(rows).decode(), Text)
    given = func.json_populate_recordset(
        literal_column(f"NULL::{table.name}"), cast(written, JSON)
    ).table_valued(*names, name="given")
    return insert(table).from_select(names, select(*given.columns))
