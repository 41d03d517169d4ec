"""Verifying the books finds what is wrong, once the database's rules are off."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module

import msgspec
import pytest
from sqlalchemy import text

from services.billing.models.top_ups import TopUp
from shared.contracts import inventory
from shared.contracts.billing.charging import CHARGE_DUE, ChargeDue
from shared.contracts.inventory.services import (
    Period,
    ServiceState,
    SuspensionReason,
)
from shared.db.database import Database
from tests.fixtures.billing.harness import BillingHarness, a_service, an_envelope, money
from tests.fixtures.billing.payer import Payer


@pytest.fixture
def harness(billing_database_url: str) -> Iterator[BillingHarness]:
    """A database of its own, to be spoilt."""
    database = Database(billing_database_url)
    yield BillingHarness(database)
    database.close()


CHARGED_AGAIN = """
INSERT INTO charges SELECT service_id, starts_at + interval '1 hour', kind, ends_at,
    company_id, currency, 0, periods, entry_id, charged_at FROM charges
"""


GIVEN_BACK = """
INSERT INTO charges SELECT service_id, starts_at, 'credit', ends_at, company_id,
    currency, -10.01, periods, entry_id, charged_at FROM charges
"""


def spoil(harness: BillingHarness, *statements: str) -> None:
    """Change tables as their owner can: with the triggers switched off."""
    tables = ("postings", "journal_entries", "wallets", "transactions")
    with harness.database.engine.begin() as connection:
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
        (GIVEN_BACK, "was given back 0.010000 EUR more than it was charged"),
        # A month of 743 hours; the longest has 745.
        ("UPDATE charges SET amount = 9.9", "used at least 9.973154 EUR, was charged"),
        ("UPDATE subscriptions SET owed = -1", "owes -1.000000, and 0 is written off"),
        ("UPDATE subscriptions SET paid_periods = 2", "its periods say 2026-05-01"),
    ],
)
def test_a_difference_is_found_and_named(
    harness: BillingHarness, statement: str, found: str
) -> None:
    harness.open_wallet()
    harness.adjust("30")
    harness.live_in("Europe/Berlin")
    harness.add_service(a_service(harness.company_id, "10"))
    harness.call(CHARGE_DUE, ChargeDue(), harness.operator())
    assert harness.differences() == []

    spoil(harness, statement)

    differences = harness.differences()
    assert any(found in difference for difference in differences), differences


def test_time_may_stand_still_in_an_hour_that_comes_twice(
    harness: BillingHarness,
) -> None:
    harness.open_wallet()
    harness.live_in("Europe/Berlin")
    harness.clock.move_to(datetime(2026, 10, 24, 0, 30, tzinfo=UTC))
    service = a_service(harness.company_id, "10", period=Period.DAY)
    harness.add_service(service)
    # 02:30 for the second time.
    harness.clock.move_to(datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
    suspended = msgspec.structs.replace(
        service,
        state=ServiceState.SUSPENDED,
        state_since=harness.clock.now(),
        suspension_reason=SuspensionReason.PAYMENT,
    )

    harness.deliver(an_envelope(inventory.services.SERVICE_SUSPENDED, suspended, 2))

    assert harness.differences() == []


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (
            "DELETE FROM write_offs",
            "used at least 59.919463 EUR, was charged 30",
        ),
        ("UPDATE write_offs SET amount = 29.9", "and 29.900000 is written off"),
        # Then all of it was used at the later price, which was not charged.
        ("UPDATE past_prices SET price = 100", "used at least 99.865772 EUR"),
    ],
)
def test_what_a_service_used_and_nobody_paid_is_missed(
    harness: BillingHarness, statement: str, found: str
) -> None:
    harness.open_wallet()
    harness.adjust("30")
    service = a_service(harness.company_id, "30", period=Period.MONTH)
    harness.add_service(service)
    harness.call(CHARGE_DUE, ChargeDue(), harness.operator())
    dearer = msgspec.structs.replace(service, price=money("60"))
    harness.deliver(an_envelope(inventory.services.PRICE_CHANGED, dearer, 2))
    harness.pass_time(timedelta(days=31))
    ended = msgspec.structs.replace(
        dearer, state=ServiceState.TERMINATED, state_since=harness.clock.now()
    )
    harness.deliver(an_envelope(inventory.services.SERVICE_TERMINATED, ended, 3))
    assert harness.differences() == []

    spoil(harness, statement)

    differences = harness.differences()
    assert any(found in difference for difference in differences), differences


def test_a_price_from_before_prices_were_kept_counts_from_then_on(
    harness: BillingHarness,
) -> None:
    migration = import_module("services.billing.migrations.0022_past_prices")
    harness.open_wallet()
    harness.adjust("100")
    service = a_service(harness.company_id, "1", period=Period.MONTH)
    harness.add_service(service)
    harness.call(CHARGE_DUE, ChargeDue(), harness.operator())

    def change_price(price: str, version: int) -> None:
        changed = msgspec.structs.replace(service, price=money(price))
        told = an_envelope(inventory.services.PRICE_CHANGED, changed, version)
        harness.deliver(msgspec.structs.replace(told, at=harness.clock.now()))

    harness.pass_time(timedelta(days=20))
    change_price("60", 2)
    now = f"timestamptz '{harness.clock.now().isoformat()}'"
    used_so_far = migration.USED_SO_FAR.replace("now()", now)
    spoil(harness, "DELETE FROM past_prices", used_so_far)
    harness.pass_time(timedelta(days=5))
    change_price("2", 3)

    assert harness.differences() == []
    spoil(harness, "UPDATE subscriptions SET owed = -12")
    assert any("used at least" in each for each in harness.differences())


def test_at_most_a_hundred_differences_of_a_kind_are_reported(
    harness: BillingHarness,
) -> None:
    harness.open_wallet()
    for number in range(60):
        harness.add_service(a_service(harness.company_id, family=f"family {number}"))

    spoil(harness, "DELETE FROM recurring_costs", "DELETE FROM renewals")

    assert len(harness.differences()) == 100


def test_a_sum_of_refunds_that_is_wrong_is_a_difference(payer: Payer) -> None:
    paid = payer.pay("100.00")
    payer.refund(paid, "40.00")
    untouched = payer.pay("10.00")
    assert payer.harness.differences() == []

    for top_up, wrong in ((paid, "39.99"), (untouched, "0.01")):
        with payer.harness.database.system() as session:
            row = session.get_one(TopUp, top_up.id)
            kept, row.refunded_net = row.refunded_net, Decimal(wrong)
        (difference,) = payer.harness.differences()
        assert difference.startswith(f"top-up {top_up.id}: {Decimal(wrong):.6f} EUR")
        with payer.harness.database.system() as session:
            session.get_one(TopUp, top_up.id).refunded_net = kept


def test_a_payment_or_refund_that_the_ledger_has_otherwise_is_a_difference(
    payer: Payer,
) -> None:
    payer.refund(payer.pay("100.00"), "40.00")
    assert payer.harness.differences() == []

    for what, table in (("paid", "payments"), ("refunded", "refunds")):
        _move_from_tax(payer, table, 1)
        differences = payer.harness.differences()
        found = f"what was {what} and what the ledger has of it differ by"
        assert any(found in difference for difference in differences), differences
        _move_from_tax(payer, table, -1)


def _move_from_tax(payer: Payer, table: str, amount: int) -> None:
    change = f"UPDATE {table} SET net = net + {amount}, tax = tax - {amount}"
    with payer.harness.database.system() as session:
        whose = {"company": payer.harness.company_id}
        session.execute(text(f"{change} WHERE company_id = :company"), whose)
