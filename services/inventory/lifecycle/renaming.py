"""Services follow the names of their plans and families."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from services.inventory.lifecycle.changes import ServiceChange, Snapshot, finish_all
from services.inventory.models import Family, Plan, Service
from shared.contracts import inventory
from shared.contracts.notes import Note, NoteCode
from shared.rpc.change import Change

_BATCH = 1_000


@dataclass(frozen=True)
class Renamed:
    plan_codes: list[str]
    family_codes: list[str]


def find_renamed(db: Session, import_id: UUID) -> Renamed:
    """What an import gives another name, before it is applied."""
    parameters = {"import_id": import_id}
    plans = db.scalars(text(_RENAMED.format(table="plans")), parameters)
    families = db.scalars(text(_RENAMED.format(table="families")), parameters)
    return Renamed(list(plans), list(families))


def rename_services(change: Change, renamed: Renamed) -> None:
    """Apply the names to their services, and publish the changes."""
    after: UUID | None = None
    while batch := _next_batch(change.db, renamed, after):
        change = change.as_of_now()
        changed = []
        for service, plan_name, family_name in batch:
            before = Snapshot.of(service)
            service.plan_name = plan_name
            service.version += 1
            changed.append(
                ServiceChange(
                    service, family_name, before, inventory.services.SERVICE_RENAMED
                )
            )
        finish_all(change, changed, Note(code=NoteCode.IMPORTED))
        after = batch[-1][0].id
        change.db.expunge_all()


def _next_batch(
    db: Session, renamed: Renamed, after: UUID | None
) -> list[tuple[Service, str, str]]:
    if not renamed.plan_codes and not renamed.family_codes:
        return []
    query = (
        select(Service, Plan.name, Family.name)
        .join(Plan, Plan.code == Service.plan_code)
        .join(Family, Family.code == Service.family_code)
        .where(
            or_(
                Service.plan_code.in_(renamed.plan_codes),
                Service.family_code.in_(renamed.family_codes),
            )
        )
    )
    if after is not None:
        query = query.where(Service.id > after)
    query = query.order_by(Service.id).limit(_BATCH).with_for_update(of=Service)
    return [(service, plan, family) for service, plan, family in db.execute(query)]


_RENAMED = """
SELECT code FROM staged_{table} AS staged JOIN {table} USING (code)
WHERE import_id = :import_id AND staged.name <> {table}.name
"""
