"""What billing says of services' payment: suspend, resume, end them.

Billing numbers its messages about a service and repeats them until they take effect.
Older messages are dropped; messages that no longer apply are ignored.
"""

from collections.abc import Iterator

from sqlalchemy import select

from services.inventory.lifecycle import announcements, transitions
from services.inventory.models import Service
from shared.contracts import inventory
from shared.contracts.billing.charging import PaymentNews
from shared.contracts.inventory.services import (
    ServiceState,
    SuspensionReason,
    TerminationTime,
)
from shared.contracts.notes import Note, NoteCode
from shared.db.events import Envelope
from shared.rpc.change import Change


def suspend_overdue(change: Change, envelope: Envelope[PaymentNews]) -> None:
    """Suspend those that are still active, for payment."""
    suspended = []
    for service in _lock_current(change, envelope):
        ends = service.termination_time is TerminationTime.END_OF_PERIOD
        if service.state is ServiceState.ACTIVE and not ends:
            request = inventory.lifecycle.Suspend(
                service_id=service.id, reason=SuspensionReason.PAYMENT
            )
            note = Note(code=NoteCode.BALANCE_EXHAUSTED)
            suspended.append(transitions.suspend_service(change, request, note))
    announcements.announce(change, inventory.services.SERVICES_SUSPENDED, suspended)


def resume_restored(change: Change, envelope: Envelope[PaymentNews]) -> None:
    """Resume those suspended for payment; policy is the operator's."""
    resumed = []
    for service in _lock_current(change, envelope):
        if service.suspension_reason is SuspensionReason.PAYMENT:
            request = inventory.lifecycle.ChangeState(service_id=service.id)
            note = Note(code=NoteCode.BALANCE_RESTORED)
            resumed.append(transitions.resume_service(change, request, note))
    announcements.announce(change, inventory.services.SERVICES_RESUMED, resumed)


def end_with_period(change: Change, envelope: Envelope[PaymentNews]) -> None:
    """Terminate services that still have a request to end with their period."""
    for service in _lock_current(change, envelope):
        if service.termination_time is TerminationTime.END_OF_PERIOD:
            request = inventory.lifecycle.ChangeState(service_id=service.id)
            note = Note(code=NoteCode.PAID_PERIOD_ENDED)
            transitions.terminate_service(change, request, note)


def _lock_current(change: Change, envelope: Envelope[PaymentNews]) -> Iterator[Service]:
    """Lock the services, in the order of their ids, for which this is not outdated."""
    versions = {each.service_id: each.version for each in envelope.body.services}
    services = change.db.scalars(
        select(Service)
        .where(Service.id.in_(versions))
        .order_by(Service.id)
        .with_for_update()
    ).all()
    for service in services:
        order = envelope.epoch, versions[service.id]
        if order >= (service.payment_epoch, service.payment_version):
            service.payment_epoch, service.payment_version = order
            yield service
