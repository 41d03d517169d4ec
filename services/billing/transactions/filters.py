"""What a list of transactions is narrowed to, and the order that it has.

Both are the same for the transactions and for the terms that they are searched by.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, tuple_

from services.billing.models.transactions import Transaction, TransactionTerm
from shared.contracts.billing.transactions import TransactionGroup
from shared.db.paging import Direction

Key = tuple[datetime, int]
"""When and as which one it was booked."""

Rows = type[Transaction] | type[TransactionTerm]
_Query = TypeVar("_Query", bound="Select[*tuple[Any, ...]]")


@dataclass(frozen=True)
class Narrowing:
    """The wallet's currency, the group, and from when until before when; or None."""

    currency: str | None = None
    group: TransactionGroup | None = None
    begins: datetime | None = None
    ends: datetime | None = None

    def of(self, rows: Rows) -> list[ColumnElement[bool]]:
        return [*self.of_kind(rows), *self.of_time(rows)]

    def of_kind(self, rows: Rows) -> list[ColumnElement[bool]]:
        wanted = ((rows.currency, self.currency), (rows.group, self.group))
        return [column == value for column, value in wanted if value is not None]

    def of_time(self, rows: Rows) -> list[ColumnElement[bool]]:
        filters = []
        if self.begins is not None:
            filters.append(rows.at >= self.begins)
        if self.ends is not None:
            filters.append(rows.at < self.ends)
        return filters


def walk(query: _Query, rows: Rows, direction: Direction, key: Key | None) -> _Query:
    """Narrow a query to what comes after or before a key, the nearest first."""
    columns = (rows.at, rows.number)
    falls = direction == "after"
    if key is not None:
        here, there = tuple_(*columns), tuple_(*key)
        query = query.where(here < there if falls else here > there)
    return query.order_by(*(each.desc() if falls else each.asc() for each in columns))
