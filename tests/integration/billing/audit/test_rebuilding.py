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
from tests.fixtures.billing.harness import BillingHarness, a_service

BREAKAGES = {
    "a sum": "UPDATE recurring_costs SET amount = amount + 1",
    "a number": "UPDATE renewals SET service_count = service_count + 1",
    "a place": "UPDATE renewals SET slot = slot + 1",
    "costs are lost": "TRUNCATE recurring_costs",
    "renewals are lost": "DELETE FROM renewals WHERE grain = 'day'",
    "subscriptions are lost": "TRUNCATE subscriptions",
}


@pytest.fixture
def harness(billing_database_url: str) -> Iterator[BillingHarness]:
    """A database of its own, to be spoilt."""
    database = Database(billing_database_url)
    yield BillingHarness(database)
    database.close()


def spoil(harness: BillingHarness, statement: str) -> None:
    with harness.database.system() as session:
        session.execute(text(statement))


def rebuild(
    harness: BillingHarness, company_id: UUID | None = None, limit: int = 20
) -> int:
    """Rebuild batch by batch, as the command does; returns how many were done."""
    total, after = 0, None
    while True:
        request = billing.books.RebuildRollups(
            company_id=company_id, after_company_id=after, limit=limit
        )
        rebuilt = harness.call(
            billing.books.REBUILD_ROLLUPS, request, harness.operator()
        )
        total, after = total + rebuilt.count, rebuilt.last_company_id
        if after is None:
            return total


@pytest.mark.parametrize("statement", BREAKAGES.values(), ids=BREAKAGES)
def test_what_is_broken_is_named_and_mended(
    harness: BillingHarness, statement: str
) -> None:
    harness.live_in("Europe/Berlin")
    for period in (Period.HOUR, Period.MONTH, Period.YEAR):
        harness.add_service(a_service(harness.company_id, "10", period))
    overdue, reason = ServiceState.SUSPENDED, SuspensionReason.PAYMENT
    harness.add_service(a_service(harness.company_id, state=overdue, reason=reason))
    harness.add_service(a_service(uuid4(), "3"))
    spoil(harness, statement)
    assert harness.differences() != []

    rebuild(harness)

    assert harness.differences() == []
    rebuild(harness)
    assert harness.differences() == []


def test_one_company_alone_is_mended(harness: BillingHarness) -> None:
    other = uuid4()
    for company_id in (harness.company_id, other):
        harness.add_service(a_service(company_id))
    spoil(harness, "TRUNCATE recurring_costs")

    assert rebuild(harness, other) == 1

    (left,) = harness.differences()
    assert str(harness.company_id) in left


@pytest.mark.parametrize("limit", [1, 2, 5, 6, 20])
def test_batches_of_any_size_reach_every_company(
    harness: BillingHarness, limit: int
) -> None:
    for _ in range(5):
        harness.add_service(a_service(uuid4()))
    spoil(harness, "TRUNCATE recurring_costs, renewals")

    assert rebuild(harness, limit=limit) == 5

    assert harness.differences() == []


def test_a_batch_of_none_or_too_many_is_refused(harness: BillingHarness) -> None:
    for limit in (0, -1, 1_001):
        with pytest.raises(InvalidInput, match="bad_limit"):
            rebuild(harness, limit=limit)


def test_events_processed_meanwhile_are_counted_once(harness: BillingHarness) -> None:
    spoil(
        harness,
        "INSERT INTO recurring_costs SELECT gen_random_uuid(), 'EUR', "
        "'vps', 'VPS', 'month', 'active', 1, 1",
    )

    def live(company_id: UUID) -> None:
        service_id = uuid4()
        for version, price in enumerate(("10", "20", "30"), start=1):
            service = a_service(company_id, price, service_id=service_id)
            harness.add_service(service, version)

    work: list[Callable[[], object]] = []
    for number in range(24):
        company_id = UUID(int=number % 3 + 1)
        work += [
            lambda company_id=company_id: live(company_id),  # type: ignore[misc]
            lambda: rebuild(harness, limit=2),
        ]
    with ThreadPoolExecutor(6) as executor:
        for done in [executor.submit(task) for task in work]:
            done.result()

    assert harness.differences() == []
