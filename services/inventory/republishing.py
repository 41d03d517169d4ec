"""Sends the present state of services again, to rebuild others' projections."""

from sqlalchemy import select

from services.inventory.models import Family, Service
from services.inventory.views import outbox_event
from shared.contracts import inventory
from shared.contracts.inventory.services import ServiceState
from shared.db.paging import MAX_BATCH, check_limit
from shared.rpc.change import Change

_EVENTS = {
    ServiceState.PENDING: inventory.services.SERVICE_CREATED,
    ServiceState.ACTIVE: inventory.services.SERVICE_ACTIVATED,
    ServiceState.SUSPENDED: inventory.services.SERVICE_SUSPENDED,
    ServiceState.TERMINATED: inventory.services.SERVICE_TERMINATED,
    ServiceState.CANCELLED: inventory.services.SERVICE_CANCELLED,
}


def republish_services(
    change: Change, request: inventory.upkeep.RepublishServices
) -> inventory.upkeep.Republished:
    """Write an event of each service's present version, in the order of their ids.

    The first page begins another epoch.

    Raises:
        InvalidInput: ``bad_limit`` with ``max_limit``.
    """
    check_limit(request.limit, MAX_BATCH)
    if request.after_service_id is None:
        change.begin_replay()
    query = select(Service, Family.name).join(
        Family, Family.code == Service.family_code
    )
    if request.after_service_id is not None:
        query = query.where(Service.id > request.after_service_id)
    # Locked, so that a concurrent change is published after this, not before.
    rows = change.db.execute(
        query.order_by(Service.id).limit(request.limit).with_for_update(of=Service)
    ).all()
    change.emit_all(
        *(
            outbox_event(_EVENTS[service.state], service, family_name)
            for service, family_name in rows
        )
    )
    full = len(rows) == request.limit
    return inventory.upkeep.Republished(
        count=len(rows), last_service_id=rows[-1][0].id if full else None
    )
