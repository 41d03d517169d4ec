"""Imports: a file comes in batches, is put aside, and applied as a whole or not at all.

What is neither applied nor discarded is forgotten after a day.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.inventory.models import Import
from shared.errors import Conflict, InvalidInput, NotFound

CATALOG = "catalog"
SERVICES = "services"

MAX_BATCH = 2_000
MAX_ROWS = 500_000
KEPT_FOR = timedelta(days=1)

_APPLY_TIMEOUT = (
    "120s"  # Statements over a whole file take longer than those of a call.
)
_APPLY_LOCK = 0x696D706F7274  # "import": one is applied at a time


def receive(
    db: Session, import_id: UUID, kind: str, row_count: int, now: datetime
) -> None:
    """Count a batch in; batches of one import wait for each other.

    Raises:
        InvalidInput: ``too_many_rows`` with ``max_rows``.
        Conflict: ``other_import``.
    """
    if row_count > MAX_BATCH:
        raise InvalidInput("too_many_rows", "", {"max_rows": MAX_BATCH})
    new = insert(Import).values(
        id=import_id, kind=kind, created_at=now, row_count=row_count
    )
    more = Import.row_count + new.excluded.row_count
    counted = new.on_conflict_do_update(
        index_elements=[Import.id], set_={"row_count": more}
    )
    row = db.execute(counted.returning(Import.kind, Import.row_count)).one()
    if row.kind != kind:
        raise Conflict("other_import", row.kind)
    if row.row_count > MAX_ROWS:
        raise InvalidInput("too_many_rows", "", {"max_rows": MAX_ROWS})


def begin_to_apply(db: Session, import_id: UUID, kind: str) -> None:
    """Take hold of an import, and keep others from applying theirs meanwhile.

    Raises:
        NotFound: ``no_such_import``; also when it was applied already.
    """
    db.execute(select(func.set_config("statement_timeout", _APPLY_TIMEOUT, True)))
    db.execute(select(func.pg_advisory_xact_lock(_APPLY_LOCK)))
    query = select(Import.id).where(Import.id == import_id, Import.kind == kind)
    if db.scalar(query.with_for_update()) is None:
        raise NotFound("no_such_import")


def discard(db: Session, import_id: UUID) -> None:
    """Forget an import and its staged rows; one that is gone already is fine."""
    db.execute(delete(Import).where(Import.id == import_id))


def forget_old(db: Session, now: datetime) -> None:
    db.execute(delete(Import).where(Import.created_at < now - KEPT_FOR))
