"""What PostgreSQL reads for a page of a large company: about the page, and no more.

Plans are read with the rows they really touched, so a filter that throws thousands of
rows away is found, whatever the plan calls it.
"""

from collections.abc import Iterator
from itertools import product
from math import isqrt
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import text

from launcher.servers.postgres import PostgresServer
from shared.contracts import inventory
from shared.contracts.inventory.reading import ListServices, ServiceSort, StateFilter
from shared.contracts.inventory.services import Period, SuspensionReason
from shared.db.database import Database
from tests.fixtures.databases import fresh_database
from tests.fixtures.inventory.harness import (
    COMPANY,
    PLANS,
    STRANGER,
    InventoryHarness,
    catalog_row,
)
from tests.fixtures.readings import readings

SERVICES = 10_000
PAGE = 25
TABLE = "services"
EXACT = 6 * PAGE
"""Rows of services that one query may read where an index has the list's own order."""
HALFWAY = 2 * isqrt((PAGE + 1) * SERVICES)
"""And where there is one index of the filter and one of the order: whichever is better
reads all that the filter finds, or the order until the page is full. That is the most
when both cost the same; it grows with the root of the number of services."""

# In an order that no index has: the states and families of a real company, most of it
# active, suspended and leaving services few and far between.
LOAD = """
INSERT INTO services (
    id, company_id, reference, name, plan_code, plan_name, family_code, currency,
    period, price, state, suspension_reason, created_at, activated_at, state_since,
    termination_requested_at, termination_requested_by, termination_reason,
    termination_time, version)
SELECT gen_random_uuid(), :company, 'R-' || n,
    CASE WHEN n % 10 < 3 THEN 'zone-' ELSE '' END ||
        md5(n::text) || CASE WHEN n % 2 = 0 THEN '-web' ELSE '-db' END,
    plan, plan, family, CASE WHEN n % 500 = 7 THEN 'USD' ELSE 'EUR' END,
    CASE WHEN n % 500 = 9 THEN 'year' ELSE 'month' END, n % 97, state,
    CASE WHEN state = 'suspended' THEN
        CASE WHEN n % 3 = 0 THEN 'policy' ELSE 'payment' END END,
    timestamptz '2025-01-01' + n * interval '1 minute',
    '2025-06-01', '2025-06-01',
    CASE WHEN leaving THEN timestamptz '2026-01-01' END,
    CASE WHEN leaving THEN 'Ann' END, CASE WHEN leaving THEN '' END,
    CASE WHEN leaving THEN 'at_once' END, 1
FROM (
    SELECT n, (ARRAY['lxc-s', 'web-pro', 'vpn-5'])[1 + n % 3] AS plan,
        (ARRAY['lxc', 'hosting', 'vpn'])[1 + n % 3] AS family,
        CASE WHEN n % 100 < 2 THEN 'suspended' WHEN n % 100 = 2 THEN 'pending'
            WHEN n % 100 < 8 THEN 'terminated' ELSE 'active' END AS state,
        n % 100 = 50 AS leaving
    FROM generate_series(1, :number) AS n
) AS rows
"""
COUNT = """
INSERT INTO service_counters
SELECT company_id, family_code, count(*) FILTER (WHERE state = 'pending'),
    count(*) FILTER (WHERE state = 'active'),
    count(*) FILTER (WHERE state = 'suspended'),
    count(*) FILTER (WHERE state = 'terminated'), 0,
    count(termination_requested_at)
FROM services GROUP BY company_id, family_code
"""


@pytest.fixture(scope="module")
def large(postgres_server: PostgresServer) -> Iterator[InventoryHarness]:
    """A company of many services beside one of ten."""
    with fresh_database(postgres_server, "inventory") as url:
        database = Database(url)
        harness = InventoryHarness(database)
        harness.import_catalog(*map(catalog_row, PLANS))
        with database.engine.begin() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            for company, number in ((COMPANY, SERVICES), (STRANGER, 10)):
                values = {"company": company, "number": number}
                connection.execute(text(LOAD), values)
            connection.execute(text(COUNT))
        with database.engine.connect() as connection:
            autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
            autocommit.execute(text("VACUUM ANALYZE"))
        yield harness
        database.close()


STATES = (None, *StateFilter)
SORTINGS = (
    *product((ServiceSort.NAME, ServiceSort.PRICE), (False, True)),
    (ServiceSort.STATE, False),
    (ServiceSort.CREATED, True),
)
NARROWINGS: dict[str, tuple[int, dict[str, Any]]] = {
    "nothing": (EXACT, {}),
    "a family": (EXACT, {"family": "lxc"}),
    "a common word": (HALFWAY, {"search": "web"}),
    "a rare word": (EXACT, {"search": "db c4ca"}),
    "a common word in a family": (HALFWAY, {"search": "web", "family": "lxc"}),
    "a common word that all names begin with": (HALFWAY, {"search": "zone"}),
    "two common words": (HALFWAY, {"search": "zone web"}),
    "a word there is not": (EXACT, {"search": "nothing"}),
    "a rare period": (HALFWAY, {"period": Period.YEAR}),
    "a common period": (HALFWAY, {"period": Period.MONTH}),
    "a rare currency": (HALFWAY, {"currency": "USD"}),
    "a common currency": (HALFWAY, {"currency": "EUR"}),
    "a reason": (EXACT, {"suspension_reason": SuspensionReason.POLICY}),
    "a reason in a family": (
        EXACT,
        {"suspension_reason": SuspensionReason.POLICY, "family": "lxc"},
    ),
    "a period of a family": (HALFWAY, {"period": Period.YEAR, "family": "lxc"}),
    "a line of the costs": (
        HALFWAY,
        {"family": "lxc", "period": Period.MONTH, "currency": "EUR"},
    ),
}


@pytest.mark.parametrize(("most", "narrowing"), NARROWINGS.values(), ids=NARROWINGS)
def test_a_page_reads_a_few_times_its_own_rows(
    large: InventoryHarness, most: int, narrowing: dict[str, Any]
) -> None:
    wasteful = []
    for state, (sort, descending) in product(STATES, SORTINGS):
        request = ListServices(
            **narrowing, state=state, sort=sort, descending=descending, limit=PAGE
        )
        with readings(large.database) as found:
            page = large.ask(inventory.reading.LIST_SERVICES, request)
            if page.next is not None and not descending:
                second = structs.replace(request, cursor=page.next)
                large.ask(inventory.reading.LIST_SERVICES, second)
        wasteful += [
            f"{state} by {sort.value}, descending: {descending}: {reading}"
            for reading in found
            if reading.rows_of(TABLE) > most or reading.scans(TABLE)
        ]

    assert wasteful == []


@pytest.mark.parametrize("sort", [ServiceSort.NAME, ServiceSort.STATE])
def test_what_a_line_of_the_costs_counts_is_found_at_once(
    large: InventoryHarness, sort: ServiceSort
) -> None:
    request = ListServices(
        state=StateFilter.ACTIVE,
        family="lxc",
        period=Period.MONTH,
        currency="EUR",
        sort=sort,
    )

    with readings(large.database) as found:
        large.ask(inventory.reading.LIST_SERVICES, request)

    assert max(reading.rows_of(TABLE) for reading in found) <= EXACT


def test_the_counters_are_read_instead_of_services(large: InventoryHarness) -> None:
    with readings(large.database) as found:
        large.ask(inventory.reading.DASHBOARD, inventory.reading.Dashboard())

    assert found
    assert sum(reading.rows_of(TABLE) for reading in found) == 0
