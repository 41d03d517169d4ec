"""End the services of a company that its owner has closed."""

from sqlalchemy import select

from services.inventory.lifecycle import states, transitions
from services.inventory.models import Service
from shared.contracts import identity, inventory
from shared.contracts.identity.accounts.standing import Standing
from shared.contracts.inventory.services import ServiceState
from shared.contracts.notes import Note, NoteCode
from shared.rpc.change import Change


def end_services(change: Change, company: identity.companies.Company) -> None:
    """Terminate a closed company's services, and cancel those that are pending."""
    if company.standing is not Standing.CLOSED:
        return
    live = (
        select(Service.id, Service.state)
        .where(Service.company_id == company.id, Service.state.in_(states.LIVE))
        .order_by(Service.id)
        .with_for_update()
    )
    note = Note(code=NoteCode.COMPANY_CLOSED)
    for service_id, state in change.db.execute(live).all():
        request = inventory.lifecycle.ChangeState(service_id=service_id)
        if state is ServiceState.PENDING:
            transitions.cancel_service(change, request, note)
        else:
            transitions.terminate_service(change, request, note)
