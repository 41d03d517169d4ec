"""Export what is kept of a person: a ZIP of JSON, a file for each table.

Secrets are left out: hashes, keys and all that is stored as bytes.
"""

import io
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.identity.leaving.tables_of_people import USER_ID, tables
from services.identity.models.people import User
from services.identity.models.verification import Verification
from shared.contracts.identity.accounts.leaving import Export

_SECRET = frozenset({"password_hash", "lock_reason"})


def export(db: Session, user: User) -> Export:
    """Export what identity keeps of a user."""
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, rows in _contents(db, user.id):
            text = msgspec.json.format(msgspec.json.encode(rows), indent=2)
            archive.writestr(f"{name}.json", text)
    return Export(
        user_id=user.id,
        file_name=f"account-{user.id}.zip",
        content=b64encode(file.getvalue()).decode(),
    )


def _contents(db: Session, user_id: UUID) -> Iterator[tuple[str, list[Any]]]:
    """Return the files' names, and the rows that each has."""
    account, steps = sa.inspect(User).local_table, sa.inspect(Verification).local_table
    yield "account", _rows(db, account, account.c.id == user_id)
    yield "verification", _rows(db, steps, steps.c.subject_id == user_id)
    for table in tables():
        yield table.name, _rows(db, table, table.c[USER_ID] == user_id)


def _rows(
    db: Session, table: Any, which: sa.ColumnElement[bool]
) -> list[dict[str, Any]]:
    columns = [
        column
        for column in table.columns
        if column.name not in _SECRET and not isinstance(column.type, sa.LargeBinary)
    ]
    found = db.execute(sa.select(*columns).where(which).order_by(*table.primary_key))
    return [dict(row) for row in found.mappings()]
