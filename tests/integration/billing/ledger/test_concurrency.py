"""Many at once on one wallet: nothing is lost, doubled, or half seen."""

import threading
from decimal import Decimal

from sqlalchemy import text

from shared.contracts import billing
from shared.contracts.billing.wallets import AdjustmentKind
from shared.errors import Conflict
from tests.fixtures.billing.harness import BillingHarness, money
from tests.fixtures.threads import THREADS, all_at_once

PATIENCE_S = 20.0


def test_postings_to_one_wallet_at_once_all_count(harness: BillingHarness) -> None:
    harness.open_wallet()
    kinds = list(AdjustmentKind)

    def post_some(number: int) -> None:
        for step in range(8):
            amount = f"{'-' if step % 3 == 2 else ''}{number + 1}.{step:06}"
            harness.adjust(amount, kind=kinds[(number + step) % 3])

    all_at_once(post_some)

    expected = sum(
        (-1 if step % 3 == 2 else 1) * Decimal(f"{number + 1}.{step:06}")
        for number in range(THREADS)
        for step in range(8)
    )
    (wallet,) = harness.dashboard().wallets
    assert wallet.balance.amount == expected
    assert harness.differences() == []


# Wallets are locked in one order, as all must who lock several.
LOCK = text("SELECT FROM wallets WHERE id = ANY(:wallets) ORDER BY id FOR UPDATE")
ENTRY = text(
    """INSERT INTO journal_entries
           (id, at, kind, memo, who, cause, company_id, request_id)
       VALUES (gen_random_uuid(), '2026-03-01', 'correction', '', '', '', :company,
               '')
       RETURNING id"""
)
POSTINGS = text(
    """INSERT INTO postings (entry_id, line, account_id, currency, debit, credit)
       SELECT :entry, row_number() OVER (), id, currency,
              CASE WHEN kind = 'wallet' THEN 1.25 END,
              CASE WHEN kind <> 'wallet' THEN 1.25 END
       FROM accounts WHERE id = ANY(:wallets) OR kind = 'corrections'"""
)


def test_raw_postings_to_two_wallets_at_once_all_count(harness: BillingHarness) -> None:
    wallets = [harness.open_wallet(currency).id for currency in ("EUR", "PLN")]
    for currency in ("EUR", "PLN"):
        harness.adjust("1000", currency)

    def post_many(_number: int) -> None:
        for _ in range(5):
            with harness.database.engine.begin() as connection:
                connection.execute(LOCK, {"wallets": wallets})
                entry = connection.scalar(ENTRY, {"company": harness.company_id})
                connection.execute(POSTINGS, {"entry": entry, "wallets": wallets})

    all_at_once(post_many)

    balances = [wallet.balance.amount for wallet in harness.dashboard().wallets]
    assert balances == [Decimal(1000) - THREADS * 5 * Decimal("1.25")] * 2
    assert harness.differences() == []


def test_the_dashboard_never_shows_a_balance_that_its_postings_do_not_make(
    harness: BillingHarness,
) -> None:
    harness.open_wallet()
    is_done = threading.Event()
    looks: list[billing.dashboard.Wallet] = []

    def work(number: int) -> None:
        if number == 0:
            while not is_done.is_set() or not looks:
                looks.extend(harness.dashboard().wallets)
            return
        try:
            for _ in range(12):
                harness.adjust("1")
        finally:
            is_done.set()

    all_at_once(work, 3)

    for wallet in looks:
        # Each posting was of 1, so the balance is also their number.
        newest = [wallet.balance.amount - n for n in range(len(wallet.recent))]
        assert [each.balance.amount for each in wallet.recent] == newest
        assert len(wallet.recent) == min(wallet.balance.amount, 5)


def test_one_of_many_openings_at_once_wins(harness: BillingHarness) -> None:
    def open_one(number: int) -> bool:
        try:
            return harness.open_wallet(("EUR", "PLN")[number % 2]).is_primary
        except Conflict:
            return False

    primaries = all_at_once(open_one)

    assert sum(primaries) == 1
    wallets = harness.dashboard().wallets
    assert sorted(wallet.currency for wallet in wallets) == ["EUR", "PLN"]


def test_one_request_delivered_many_times_at_once_is_posted_once(
    harness: BillingHarness,
) -> None:
    harness.open_wallet()
    request = billing.wallets.AdjustWallet(
        company_id=harness.company_id,
        amount=money("10"),
        kind=AdjustmentKind.GOODWILL,
        reason="once",
    )

    results = all_at_once(
        lambda _: harness.call(
            billing.wallets.ADJUST_WALLET, request, harness.operator(), key="the same"
        )
    )

    assert all(result == results[0] for result in results)
    assert harness.dashboard().wallets[0].balance == money("10")
