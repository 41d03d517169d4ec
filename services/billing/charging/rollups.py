"""Tables of sums per company, kept with every change of a service.

The dashboard reads them. `services.billing.charging.contributions` decides what a
service adds to them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, cast
from uuid import UUID

from sqlalchemy import Table, delete, select, tuple_
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.orm import Session

from services.billing.models.charging import (
    Grain,
    RecurringCost,
    Renewal,
    Standing,
)
from shared.contracts.inventory.services import Period
from shared.db.given_rows import insert_given

BATCH = 5000
"""Rows read or written by one statement."""


class CostKey(NamedTuple):
    """The primary key of a row of `RecurringCost`."""

    company_id: UUID
    currency: str
    family_code: str
    family_name: str
    period: Period
    standing: Standing


class RenewalKey(NamedTuple):
    """The primary key of a row of `Renewal`."""

    company_id: UUID
    currency: str
    period: Period
    grain: Grain
    slot: int
    family_code: str


Key = CostKey | RenewalKey


_TABLES: Mapping[type[Key], Table] = {
    CostKey: cast("Table", RecurringCost.__table__),
    RenewalKey: cast("Table", Renewal.__table__),
}


@dataclass(frozen=True)
class Sum:
    service_count: int = 0
    amount: Decimal = Decimal(0)

    def __add__(self, other: "Sum") -> "Sum":
        count = self.service_count + other.service_count
        return Sum(count, self.amount + other.amount)

    def __neg__(self) -> "Sum":
        return Sum(-self.service_count, -self.amount)


Contribution = tuple[Key, Sum]
Sums = defaultdict[Key, Sum]


def replace(
    session: Session, before: Iterable[Contribution], after: Iterable[Contribution]
) -> None:
    """Take away what a service added before and add what it adds now."""
    changes: Sums = defaultdict(Sum)
    for key, amount in before:
        changes[key] += -amount
    for key, amount in after:
        changes[key] += amount
    _add(session, {key: change for key, change in changes.items() if change != Sum()})


def write(session: Session, company_id: UUID, sums: Mapping[Key, Sum]) -> None:
    """Make these one company's roll-ups, whatever they were."""
    for table in _TABLES.values():
        session.execute(delete(table).where(table.c.company_id == company_id))
    _add(session, sums)


def stored_sums(session: Session, company_id: UUID) -> Mapping[Key, Sum]:
    """What a company's roll-ups are."""
    sums: dict[Key, Sum] = {}
    for key_type, table in _TABLES.items():
        columns = table.c
        wanted = select(
            *(columns[name] for name in key_type._fields),
            columns.service_count,
            columns.amount,
        ).where(columns.company_id == company_id)
        for *key, count, amount in session.execute(wanted):
            sums[key_type(*key)] = Sum(count, amount)
    return sums


def _add(session: Session, changes: Mapping[Key, Sum]) -> None:
    for key_type, table in _TABLES.items():
        ours = [key for key in changes if isinstance(key, key_type)]
        for start in range(0, len(ours), BATCH):
            keys = ours[start : start + BATCH]
            session.execute(_addition(table, {key: changes[key] for key in keys}))
            shrunk = [key for key in keys if changes[key].service_count < 0]
            _drop_empty(session, table, shrunk)


def _addition(table: Table, changes: Mapping[Key, Sum]) -> Insert:
    """Add sums to those that have the same key."""
    rows = [key._asdict() | vars(change) for key, change in changes.items()]
    addition = insert_given(table, rows)
    return addition.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={
            name: table.c[name] + addition.excluded[name]
            for name in ("service_count", "amount")
        },
    )


def _drop_empty(session: Session, table: Table, keys: Sequence[Key]) -> None:
    """Delete those rows that no service adds to any more."""
    if keys:
        columns = tuple_(*(table.c[name] for name in keys[0]._fields))
        session.execute(
            delete(table).where(columns.in_(keys), table.c.service_count == 0)
        )
