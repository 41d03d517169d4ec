"""Announcements for people: services that were suspended or resumed for one cause."""

from collections.abc import Sequence

from services.inventory.lifecycle import transitions
from shared.contract import Event
from shared.contracts import inventory
from shared.contracts.inventory.services import (
    MOST_NAMED,
    SERVICES_RESUMED,
    SERVICES_SUSPENDED,
    NamedService,
    Service,
    ServicesNews,
)
from shared.rpc.change import Change


def suspend_service(change: Change, request: inventory.lifecycle.Suspend) -> Service:
    """Suspend one service, as an operator, and announce it."""
    service = transitions.suspend_service(change, request)
    announce(change, SERVICES_SUSPENDED, [service])
    return service


def resume_service(change: Change, request: inventory.lifecycle.ChangeState) -> Service:
    """Resume one service, as an operator, and announce it."""
    service = transitions.resume_service(change, request)
    announce(change, SERVICES_RESUMED, [service])
    return service


def announce(
    change: Change, event: Event[ServicesNews], services: Sequence[Service]
) -> None:
    """Tell once of all services of a company that were changed, if any was."""
    if not services:
        return
    first = services[0]
    named = [NamedService(id=each.id, name=each.name) for each in services[:MOST_NAMED]]
    news = ServicesNews(
        reason=first.suspension_reason, count=len(services), services=named
    )
    change.emit(event, news, company_id=first.company_id, version=1)
