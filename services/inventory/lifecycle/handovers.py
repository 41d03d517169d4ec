"""A service goes to another company, once the owners of both have agreed."""

from itertools import count
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.inventory.lifecycle import changes, states
from services.inventory.lifecycle.changes import Snapshot
from services.inventory.lifecycle.transitions import MAX_REFERENCE_LENGTH
from services.inventory.models import Service
from shared.contracts.billing.handovers import Handover, HandoverState
from shared.contracts.inventory.services import (
    SERVICE_HANDED_OVER,
    SERVICE_LEFT,
    NamedService,
)
from shared.contracts.notes import Note, NoteCode
from shared.db.events import Envelope
from shared.errors import NotFound
from shared.rpc.change import Change


def hand_over(change: Change, envelope: Envelope[Handover]) -> None:
    """Hand over what is accepted, unless it has ended or is handed over already.

    The giver's history ends with it, and the receiver's begins.
    """
    agreed = envelope.body
    if agreed.state is not HandoverState.ACCEPTED:
        return
    try:
        change, service = changes.lock_service(change, agreed.service_id)
    except NotFound:
        return
    is_givers = service.company_id == agreed.giver_id
    if not is_givers or service.state not in states.MARKABLE:
        return
    before = Snapshot.of(service)
    service.reference = _free_reference(
        change.db, agreed.receiver_id, service.reference
    )
    service.company_id = agreed.receiver_id
    note = Note(code=NoteCode.HANDED_OVER)
    changes.finish(change, service, before, note, SERVICE_HANDED_OVER)
    left = NamedService(id=service.id, name=service.name)
    version = service.version
    change.emit(SERVICE_LEFT, left, company_id=agreed.giver_id, version=version)


def _free_reference(db: Session, company_id: UUID, wanted: str) -> str:
    """Number the reference if the receiver has another service by it: "hv-02-2"."""
    taken = select(Service.id).where(Service.company_id == company_id)
    reference = wanted
    for number in count(2):
        if db.scalar(taken.where(Service.reference == reference)) is None:
            break
        suffix = f"-{number}"
        reference = wanted[: MAX_REFERENCE_LENGTH - len(suffix)] + suffix
    return reference
