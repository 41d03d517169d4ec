"""What billing's news of payments leaves in a service's history: codes, by nobody."""

from uuid import uuid4

from shared.contracts import billing
from shared.contracts.actors import Actor, ActorKind
from shared.contracts.billing.charging import PaymentNews, ServicePayment
from shared.contracts.inventory.services import ServiceState
from shared.contracts.notes import Note, NoteCode
from shared.db.events import Envelope
from tests.fixtures.inventory.harness import InventoryHarness


def test_suspended_and_resumed_by_billings_news(harness: InventoryHarness) -> None:
    service = harness.activate(harness.add_service())

    def news(version: int) -> Envelope[PaymentNews]:
        payment = ServicePayment(service_id=service.id, version=version)
        return Envelope(
            id=uuid4(),
            source=billing.CONTRACT.name,
            name="",
            company_id=service.company_id,
            version=version,
            at=harness.clock.now(),
            request_id="test",
            body=PaymentNews(services=[payment]),
        )

    with harness.database.system() as session:
        harness.service.suspend_overdue(session, news(1))
        harness.service.resume_restored(session, news(2))

    rows = harness.history_of(service)[-2:]
    assert [(row.after, row.note) for row in rows] == [
        (ServiceState.SUSPENDED.value, Note(code=NoteCode.BALANCE_EXHAUSTED)),
        (ServiceState.ACTIVE.value, Note(code=NoteCode.BALANCE_RESTORED)),
    ]
    assert {row.actor for row in rows} == {Actor(kind=ActorKind.AUTOMATIC)}
