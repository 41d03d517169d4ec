"""A service as callers and events see it."""

from services.inventory import models
from shared.contract import Event
from shared.contracts import inventory
from shared.contracts.actors import read_actor
from shared.db.events import OutboxEvent
from shared.money import round_price


def view(service: models.Service, family_name: str) -> inventory.services.Service:
    return inventory.services.Service(
        id=service.id,
        company_id=service.company_id,
        reference=service.reference,
        name=service.name,
        family_code=service.family_code,
        family_name=family_name,
        plan_code=service.plan_code,
        plan_name=service.plan_name,
        state=service.state,
        suspension_reason=service.suspension_reason,
        price=round_price(service.money),
        period=service.period,
        created_at=service.created_at,
        activated_at=service.activated_at,
        state_since=service.state_since,
        termination_request=_termination_request(service),
        suspended_us=service.suspended_us or 0,
    )


def outbox_event(
    event: Event[inventory.services.Service], service: models.Service, family_name: str
) -> OutboxEvent[inventory.services.Service]:
    """Return an event with the service's current state."""
    return OutboxEvent(
        event,
        view(service, family_name),
        company_id=service.company_id,
        version=service.version,
    )


def _termination_request(
    service: models.Service,
) -> inventory.services.TerminationRequest | None:
    if service.termination_requested_at is None or service.termination_time is None:
        return None
    return inventory.services.TerminationRequest(
        requested_at=service.termination_requested_at,
        actor=read_actor(
            service.termination_actor_kind,
            service.termination_actor_name,
            service.termination_requested_by or "",
        ),
        reason=service.termination_reason or "",
        time=service.termination_time,
    )
