"""What PostgreSQL reads for a page of very many transactions: about the page.

Plans are read with the rows they really touched: see `tests.fixtures.readings`.
"""

from datetime import date
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import text

from services.billing.forecast.dashboard import RECENT_POSTINGS
from shared.contracts.billing.transactions import (
    LIST_TRANSACTIONS,
    ListTransactions,
    TransactionGroup,
)
from shared.contracts.identity.memberships import Role
from shared.db.database import Database
from tests.fixtures.billing.harness import BillingHarness
from tests.fixtures.billing.movements import move
from tests.fixtures.readings import readings

TRANSACTIONS = 12_000
"""A third of them have each of the words; two thirds are of one group or another."""
PAGE = 25
MOST = 6 * PAGE
"""Rows of transactions for a page: its own, with their entries, and some to spare."""
BRANCHES = 8
"""Two wallets with four groups each: so often a term is looked up."""
MOST_TERMS = 2 * BRANCHES * (PAGE + 1) * 2
"""Of two terms, and each asked whether it has another one."""

NARROWINGS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a common group": {"group": TransactionGroup.CHARGES},
    "a rare group": {"group": TransactionGroup.REFUNDS},
    "a wallet": {"currency": "USD"},
    "a rare group of a wallet": {"group": TransactionGroup.REFUNDS, "currency": "USD"},
    "a wallet there is not": {"currency": "PLN"},
    "a day long ago": {"first_day": date(2026, 3, 2), "last_day": date(2026, 3, 2)},
    "until long ago": {"last_day": date(2026, 3, 3)},
    "a group long ago": {
        "group": TransactionGroup.REFUNDS,
        "last_day": date(2026, 3, 3),
    },
}
SEARCHES = {
    "nothing": "",
    "a common word": "visa",
    "a word that begins two": "rent",
    "two common words": "rent due",
    "a rare word": "agreed",
    "a rare word beside a common one": "as visa",
    "no word": "nothing",
    "a common amount": "3.00",
    "a rare amount": "100",
    "a common amount of a common word": "2 visa",
}


@pytest.fixture(scope="module")
def companies(billing_database: Database) -> tuple[BillingHarness, BillingHarness]:
    """One of many transactions beside one of ten."""
    large, small = BillingHarness(billing_database), BillingHarness(billing_database)
    for harness, number in ((large, TRANSACTIONS), (small, 10)):
        for currency in ("EUR", "USD"):
            harness.open_wallet(currency)
            harness.adjust("100", currency)
        move(harness, number)
    with billing_database.engine.connect() as connection:
        autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
        autocommit.execute(text("VACUUM ANALYZE"))
    return large, small


@pytest.fixture
def large(companies: tuple[BillingHarness, BillingHarness]) -> BillingHarness:
    return companies[0]


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
def test_a_page_reads_a_few_times_its_own_rows(
    large: BillingHarness, search: str
) -> None:
    wasteful = []
    for name, narrowing in NARROWINGS.items():
        request = ListTransactions(search=search, limit=PAGE, **narrowing)
        with readings(large.database) as found:
            page = large.call(LIST_TRANSACTIONS, request, large.member(Role.VIEWER))
            if page.next is not None:
                second = structs.replace(request, cursor=page.next)
                large.call(LIST_TRANSACTIONS, second, large.member(Role.VIEWER))
        wasteful += [
            f"{name}: {reading}"
            for reading in found
            if reading.rows_of("transactions") > MOST
            or reading.rows_of("journal_entries") > MOST
            or reading.rows_of("transaction_terms") > MOST_TERMS
            or reading.scans("transactions")
            or reading.scans("transaction_terms")
        ]

    assert wasteful == []


def test_the_newest_of_a_wallet_are_read_past_no_other_companys(
    companies: tuple[BillingHarness, BillingHarness],
) -> None:
    """A few of many are as quick to read as a few of few, and the other way round."""
    for harness in companies:
        with readings(harness.database) as found:
            shown = harness.dashboard()

        assert all(len(wallet.recent) == RECENT_POSTINGS for wallet in shown.wallets)
        for reading in found:
            assert reading.rows_of("journal_entries") <= MOST, str(reading)
            assert reading.rows_of("postings") <= MOST, str(reading)
