"""What PostgreSQL reads for the dashboard of a large company: sums, never services."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from shared.contracts import billing
from shared.db.database import Database
from tests.fixtures.billing.harness import BillingHarness
from tests.fixtures.readings import readings

SERVICES = 5_000
MOST_SUMS = 1_500
"""Rows of roll-ups: it follows the horizon, see docs/decisions/due-by-slot.md."""

LOAD = """
INSERT INTO subscriptions (
    service_id, company_id, version, family_code, family_name, state, currency, price,
    period, activated_at)
SELECT gen_random_uuid(), :company, 1, 'f' || n % 3, 'F' || n % 3, 'active', 'EUR',
    n % 97, (ARRAY['month', 'week', 'year', 'day', 'hour'])[1 + n % 5],
    timestamptz '2025-01-01' + n * interval '1 hour 7 minutes 3.000123 seconds'
FROM generate_series(1, :number) AS n
"""


@pytest.fixture
def harness(billing_database_url: str) -> Iterator[BillingHarness]:
    """A company of many services; a small one has ten beside it."""
    database = Database(billing_database_url)
    harness, small = BillingHarness(database), BillingHarness(database)
    for each, number in ((harness, SERVICES), (small, 10)):
        each.open_wallet()
        with database.system() as session:
            values = {"company": each.company_id, "number": number}
            session.execute(text(LOAD), values)
    harness.call(
        billing.books.REBUILD_ROLLUPS,
        billing.books.RebuildRollups(),
        harness.operator(),
    )
    with database.engine.connect() as connection:
        autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
        autocommit.execute(text("VACUUM ANALYZE"))
    yield harness
    database.close()


def test_the_dashboard_reads_sums_and_no_services(harness: BillingHarness) -> None:
    with readings(harness.database) as found:
        shown = harness.dashboard()

    assert shown.costs[0].service_count == SERVICES
    assert shown.wallets[0].recommendation.due_lines
    assert sum(reading.rows_of("subscriptions") for reading in found) == 0
    sums = sum(r.rows_of("renewals") + r.rows_of("recurring_costs") for r in found)
    assert 0 < sums <= MOST_SUMS, [str(reading) for reading in found]
    assert not any(reading.scans("renewals") for reading in found)
