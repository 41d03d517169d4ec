"""Broken roll-ups are named, mended and right again, also while events come."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from shared.contracts import billing
from shared.contracts.inventory.services import Period, ServiceState, SuspensionReason
from shared.db.database import Database
from shared.errors import InvalidInput
from tests.fixtures.billing.office import Office, a_service

BREAKAGES = {
    "a sum": "UPDATE recurring_costs SET amount = amount + 1",
    "a number": "UPDATE renewals SET service_count = service_count + 1",
    "a place": "UPDATE renewals SET slot = slot + 1",
    "costs are lost": "TRUNCATE recurring_costs",
    "renewals are lost": "DELETE FROM renewals WHERE grain = 'day'",
    "subscriptions are lost": "TRUNCATE subscriptions",
}


@pytest.fixture
def office(billing_database_url: str) -> Iterator[Office]:
    """A database of its own, to be spoilt."""
    database = Database(billing_database_url)
    yield Office(database)
    database.close()


def spoil(office: Office, statement: str) -> None:
    with office.database.system() as session:
        session.execute(text(statement))


def rebuild(office: Office, company_id: UUID | None = None, limit: int = 20) -> int:
    """Rebuild batch by batch, as the command does; returns how many were done."""
    total, after = 0, None
    while True:
        request = billing.books.RebuildRollups(
            company_id=company_id, after_company_id=after, limit=limit
        )
        rebuilt = office.call(billing.books.REBUILD_ROLLUPS, request, office.operator())
        total, after = total + rebuilt.count, rebuilt.last_company_id
        if after is None:
            return total


@pytest.mark.parametrize("statement", BREAKAGES.values(), ids=BREAKAGES)
def test_what_is_broken_is_named_and_mended(office: Office, statement: str) -> None:
    office.live_in("Europe/Berlin")
    for period in (Period.HOUR, Period.MONTH, Period.YEAR):
        office.add_service(a_service(office.company_id, "10", period))
    overdue, reason = ServiceState.SUSPENDED, SuspensionReason.PAYMENT
    office.add_service(a_service(office.company_id, state=overdue, reason=reason))
    office.add_service(a_service(uuid4(), "3"))
    spoil(office, statement)
    assert office.differences() != []

    rebuild(office)

    assert office.differences() == []
    rebuild(office)
    assert office.differences() == []


def test_one_company_alone_is_mended(office: Office) -> None:
    other = uuid4()
    for company_id in (office.company_id, other):
        office.add_service(a_service(company_id))
    spoil(office, "TRUNCATE recurring_costs")

    assert rebuild(office, other) == 1

    (left,) = office.differences()
    assert str(office.company_id) in left


@pytest.mark.parametrize("limit", [1, 2, 5, 6, 20])
def test_batches_of_any_size_reach_every_company(office: Office, limit: int) -> None:
    for _ in range(5):
        office.add_service(a_service(uuid4()))
    spoil(office, "TRUNCATE recurring_costs, renewals")

    assert rebuild(office, limit=limit) == 5

    assert office.differences() == []


def test_a_batch_of_none_or_too_many_is_refused(office: Office) -> None:
    for limit in (0, -1, 1_001):
        with pytest.raises(InvalidInput, match="bad_limit"):
            rebuild(office, limit=limit)


def test_events_processed_meanwhile_are_counted_once(office: Office) -> None:
    spoil(
        office,
        "INSERT INTO recurring_costs SELECT gen_random_uuid(), 'EUR', "
        "'vps', 'VPS', 'month', 'active', 1, 1",
    )

    def live(company_id: UUID) -> None:
        service_id = uuid4()
        for version, price in enumerate(("10", "20", "30"), start=1):
            service = a_service(company_id, price, service_id=service_id)
            office.add_service(service, version)

    work: list[Callable[[], object]] = []
    for number in range(24):
        company_id = UUID(int=number % 3 + 1)
        work += [
            lambda company_id=company_id: live(company_id),  # type: ignore[misc]
            lambda: rebuild(office, limit=2),
        ]
    with ThreadPoolExecutor(6) as executor:
        for done in [executor.submit(task) for task in work]:
            done.result()

    assert office.differences() == []
