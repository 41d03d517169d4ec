"""One service and its history; the names of several."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.inventory.catalogue import get_family
from services.inventory.models import HistoryRow, Service
from services.inventory.views import view
from shared.contracts import inventory
from shared.contracts.actors import read_actor
from shared.contracts.notes import read_note
from shared.errors import InvalidInput, NotFound

MAX_HISTORY = 200
MAX_NAMES = 100


def get_service(db: Session, service_id: UUID) -> inventory.reading.ServiceDetails:
    """Read a service of the session's company.

    Raises:
        NotFound: ``no_such_service``; also when it is another company's.
    """
    service = db.scalar(select(Service).where(Service.id == service_id))
    if service is None:
        raise NotFound("no_such_service")
    rows = db.scalars(
        select(HistoryRow)
        .where(HistoryRow.service_id == service_id)
        .order_by(HistoryRow.id.desc())
        .limit(MAX_HISTORY)
    )
    return inventory.reading.ServiceDetails(
        service=view(service, get_family(db, service.family_code).name),
        history=[
            inventory.reading.HistoryRow(
                at=row.at,
                what=row.what,
                before=row.before,
                after=row.after,
                actor=read_actor(row.actor_kind, row.actor_name, row.who),
                note=read_note(row.note_code, row.note_parameters, row.why),
            )
            for row in rows
        ],
    )


def name_services(
    db: Session, service_ids: Sequence[UUID]
) -> inventory.reading.ServiceNames:
    """Say what services of the session's company are called; others are left out.

    Raises:
        InvalidInput: ``too_many_ids`` with ``max_ids``.
    """
    if len(service_ids) > MAX_NAMES:
        raise InvalidInput("too_many_ids", parameters={"max_ids": MAX_NAMES})
    fields = inventory.reading.NamedService.__struct_fields__
    shown = [getattr(Service, name) for name in fields]
    rows = db.execute(select(*shown).where(Service.id.in_(service_ids)))
    return inventory.reading.ServiceNames(
        services=[
            inventory.reading.NamedService(**dict(zip(fields, row, strict=True)))
            for row in rows
        ]
    )
