"""Verifying the books finds what is wrong, once the database's rules are off."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import text

from services.billing.models.top_ups import TopUp
from shared.contracts.billing.charging import CHARGE_DUE, ChargeDue
from shared.db.database import Database
from tests.fixtures.billing.office import Office, a_service
from tests.fixtures.billing.till import Till


@pytest.fixture
def office(billing_database_url: str) -> Iterator[Office]:
    """A database of its own, to be spoilt."""
    database = Database(billing_database_url)
    yield Office(database)
    database.close()


CHARGED_AGAIN = """
INSERT INTO charges SELECT service_id, starts_at + interval '1 hour', kind, ends_at,
    company_id, currency, 0, periods, entry_id, charged_at FROM charges
"""


def spoil(office: Office, *statements: str) -> None:
    """Change tables as their owner can: with the triggers switched off."""
    tables = ("postings", "journal_entries", "wallets", "transactions")
    with office.database.engine.begin() as connection:
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        for statement in statements:
            connection.execute(text(statement))
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE wallets SET balance = 31", "balance is 31.000000 EUR, its postings"),
        ("UPDATE postings SET credit = 29 WHERE credit = 30", "debits exceed credits"),
        (
            "UPDATE recurring_costs SET amount = 9",
            "1 services of 9.000000000000, shoul",
        ),
        ("DELETE FROM recurring_costs", "0 services of 0, should be 1 of 10"),
        ("UPDATE renewals SET slot = slot + 1", "renewals"),
        ("UPDATE subscriptions SET price = 11", "should be 1 of 11"),
        ("DELETE FROM subscriptions", "should be 0 of 0"),
        ("UPDATE companies SET time_zone = 'Asia/Tokyo'", "renewals"),
        ("UPDATE transactions SET balance = 7", "its transactions end at another"),
        ("UPDATE charges SET amount = 9", "charged 9.000000 EUR, the ledger says 10"),
        ("DELETE FROM charges", "charged 0 EUR, the ledger says 10"),
        (CHARGED_AGAIN, "and before that until"),
        ("UPDATE subscriptions SET paid_periods = 2", "its periods say 2026-05-01"),
    ],
)
def test_a_difference_is_found_and_named(
    office: Office, statement: str, found: str
) -> None:
    office.open_wallet()
    office.adjust("30")
    office.live_in("Europe/Berlin")
    office.add_service(a_service(office.company_id, "10"))
    office.call(CHARGE_DUE, ChargeDue(), office.operator())
    assert office.differences() == []

    spoil(office, statement)

    differences = office.differences()
    assert any(found in difference for difference in differences), differences


def test_no_more_than_a_hundred_differences_of_a_kind_are_told(office: Office) -> None:
    office.open_wallet()
    for number in range(60):
        office.add_service(a_service(office.company_id, family=f"family {number}"))

    spoil(office, "DELETE FROM recurring_costs", "DELETE FROM renewals")

    assert len(office.differences()) == 100


def test_a_sum_of_refunds_that_is_wrong_is_a_difference(till: Till) -> None:
    paid = till.pay("100.00")
    till.refund(paid, "40.00")
    untouched = till.pay("10.00")
    assert till.office.differences() == []

    for top_up, wrong in ((paid, "39.99"), (untouched, "0.01")):
        with till.office.database.system() as session:
            row = session.get_one(TopUp, top_up.id)
            kept, row.refunded_net = row.refunded_net, Decimal(wrong)
        (difference,) = till.office.differences()
        assert difference.startswith(f"top-up {top_up.id}: {Decimal(wrong):.6f} EUR")
        with till.office.database.system() as session:
            session.get_one(TopUp, top_up.id).refunded_net = kept
