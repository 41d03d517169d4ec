"""The ledger's rules hold for SQL that goes round the code."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError, IntegrityError

from shared.contracts.billing.wallets import AdjustmentKind
from tests.fixtures.billing.harness import BillingHarness


@dataclass
class Books:
    """Raw SQL on a ledger that holds a wallet with 100 EUR."""

    harness: BillingHarness
    wallet: UUID
    contra: UUID

    def attempt(self, *statements: str, **values: object) -> None:
        """Run the statements in one transaction and commit."""
        with self.harness.database.engine.begin() as connection:
            self.run(connection, *statements, **values)

    def run(self, connection: Connection, *statements: str, **values: object) -> None:
        known = {"wallet": self.wallet, "contra": self.contra, **values}
        for statement in statements:
            prepared = text(statement)
            wanted = {name: known[name] for name in prepared.compile().params}
            connection.execute(prepared, wanted)

    def entry_id(self) -> UUID:
        """The id of the entry that is there already."""
        with self.harness.database.engine.begin() as connection:
            company_id = self.harness.company_id
            entry_id: UUID = connection.execute(
                text("SELECT id FROM journal_entries WHERE company_id = :id"),
                {"id": company_id},
            ).scalar_one()
            return entry_id

    def balance(self) -> Decimal:
        return self.harness.dashboard().wallets[0].balance.amount


@pytest.fixture
def books(harness: BillingHarness) -> Iterator[Books]:
    wallet = harness.open_wallet()
    harness.adjust("100", kind=AdjustmentKind.OPENING_BALANCE)
    with harness.database.engine.begin() as connection:
        contra = connection.execute(
            text("SELECT id FROM accounts WHERE kind = 'opening_balances'")
        ).scalar_one()
    books = Books(harness, wallet.id, contra)
    yield books
    # Whatever was tried, nothing came of it.
    assert books.harness.differences() == []
    assert books.balance() == 100


ENTRY = """
    INSERT INTO journal_entries (id, at, kind, memo, who, cause, company_id, request_id)
    VALUES (:entry, '2026-03-01', 'correction', '', '', '', :entry, '')
"""
POSTINGS = "INSERT INTO postings (entry_id, line, account_id, currency, debit, credit)"
BALANCED = f"""{POSTINGS} VALUES (:entry, 1, :wallet, 'EUR', 5, NULL),
                                 (:entry, 2, :contra, 'EUR', NULL, 5)"""


@pytest.mark.parametrize(
    "postings",
    [
        "(:entry, 1, :wallet, 'EUR', NULL, 5)",
        """(:entry, 1, :wallet, 'EUR', NULL, 5),
           (:entry, 2, :contra, 'EUR', 4.999999, NULL)""",
        """(:entry, 1, :wallet, 'EUR', NULL, 5),
           (:entry, 2, :contra, 'EUR', NULL, 5)""",
    ],
)
def test_an_entry_that_does_not_sum_to_zero_is_refused(
    books: Books, postings: str
) -> None:
    with pytest.raises(IntegrityError, match="do not sum to zero"):
        books.attempt(ENTRY, f"{POSTINGS} VALUES {postings}", entry=uuid4())


def test_zero_is_asked_of_each_entry_and_not_of_all_together(books: Books) -> None:
    one_side = f"""{POSTINGS} VALUES (:entry, 1, :wallet, 'EUR', NULL, 5),
                                     (:other, 1, :contra, 'EUR', 5, NULL)"""

    with pytest.raises(IntegrityError, match="do not sum to zero"):
        books.attempt(
            ENTRY,
            ENTRY.replace(":entry", ":other"),
            one_side,
            entry=uuid4(),
            other=uuid4(),
        )


def test_zero_is_asked_of_each_currency_and_not_of_all_together(books: Books) -> None:
    dollars = "INSERT INTO accounts (id, kind, currency) VALUES (:usd, 'fees', 'USD')"
    mixed = f"""{POSTINGS} VALUES (:entry, 1, :wallet, 'EUR', NULL, 5),
                                  (:entry, 2, :usd, 'USD', 5, NULL)"""

    with pytest.raises(IntegrityError, match="do not sum to zero"):
        books.attempt(dollars, ENTRY, mixed, entry=uuid4(), usd=uuid4())


def test_zero_is_asked_again_after_the_constraints_were_checked_early(
    books: Books,
) -> None:
    with pytest.raises(IntegrityError, match="do not sum to zero"):
        books.attempt(
            ENTRY,
            BALANCED,
            "SET CONSTRAINTS ALL IMMEDIATE",
            f"{POSTINGS} VALUES (:entry, 3, :wallet, 'EUR', NULL, 5)",
            entry=uuid4(),
        )


def test_an_entry_without_postings_is_refused_at_commit(books: Books) -> None:
    with books.harness.database.engine.connect() as connection:
        books.run(connection, ENTRY, entry=uuid4())
        with pytest.raises(IntegrityError, match="journal_entries_have_postings"):
            connection.commit()


def test_a_posting_can_be_added_only_in_its_entrys_own_transaction(
    books: Books,
) -> None:
    late = BALANCED.replace(", 1, ", ", 11, ").replace(", 2, ", ", 12, ")

    with pytest.raises(IntegrityError, match="is closed or not there"):
        books.attempt(late, entry=books.entry_id())


def test_a_posting_without_an_entry_is_refused(books: Books) -> None:
    with pytest.raises(IntegrityError, match="is closed or not there"):
        books.attempt(BALANCED, entry=uuid4())


def test_an_entry_can_not_claim_another_transaction(books: Books) -> None:
    with pytest.raises(IntegrityError, match="bears the transaction that made it"):
        books.attempt(
            """INSERT INTO journal_entries (id, at, kind, memo, who, cause, company_id,
                                            request_id, xact)
               SELECT :entry, at, kind, memo, who, cause, company_id, request_id,
                      '999999'::xid8
               FROM journal_entries LIMIT 1""",
            entry=uuid4(),
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE postings SET credit = credit + 1 WHERE credit IS NOT NULL",
        "UPDATE postings SET account_id = :contra",
        "UPDATE postings SET line = line WHERE false",
        "DELETE FROM postings",
        "TRUNCATE postings CASCADE",
        "UPDATE journal_entries SET memo = 'something else'",
        "DELETE FROM journal_entries",
        "TRUNCATE journal_entries CASCADE",
        "UPDATE accounts SET currency = 'USD'",
        "DELETE FROM accounts",
        "TRUNCATE accounts CASCADE",
        "DELETE FROM wallets",
        "TRUNCATE wallets CASCADE",
        f"""{POSTINGS} SELECT entry_id, line, account_id, currency, debit, credit
            FROM postings
            ON CONFLICT (entry_id, line) DO UPDATE SET debit = excluded.debit""",
        """MERGE INTO postings USING wallets ON true
           WHEN MATCHED THEN DELETE""",
    ],
)
def test_nothing_of_the_ledger_is_changed_or_deleted(
    books: Books, statement: str
) -> None:
    with pytest.raises(IntegrityError, match="is append-only"):
        books.attempt(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE wallets SET balance = 1000000",
        "UPDATE wallets SET balance = balance + 0.000001",
        "UPDATE wallets SET balance = 'NaN'",
        "DO $$ BEGIN UPDATE wallets SET balance = 5; END $$",
        "UPDATE wallets SET id = :contra",
        "UPDATE wallets SET company_id = gen_random_uuid()",
        "UPDATE wallets SET currency = 'USD'",
        """INSERT INTO wallets SELECT * FROM wallets
           ON CONFLICT (id) DO UPDATE SET balance = 7""",
    ],
)
def test_only_postings_change_a_balance(books: Books, statement: str) -> None:
    with pytest.raises(IntegrityError, match=r"only postings change|begins empty"):
        books.attempt(statement)


WALLET = """
    INSERT INTO wallets (id, company_id, currency, is_primary, balance, credit_limit,
                         comfort_buffer, horizon_days)
    VALUES (:account, :account, 'EUR', true, {balance}, 0, 0, 30)
"""
ACCOUNT = "INSERT INTO accounts (id, kind, currency) VALUES (:account, 'wallet', 'EUR')"


def test_a_wallet_can_not_begin_with_money(books: Books) -> None:
    with pytest.raises(IntegrityError, match="begins empty"):
        books.attempt(ACCOUNT, WALLET.format(balance=1), account=uuid4())


def test_a_wallet_can_not_be_put_over_the_providers_account(books: Books) -> None:
    with pytest.raises(IntegrityError, match="on an account of its own"):
        books.attempt(WALLET.format(balance=0), account=books.contra)


def test_a_wallets_account_takes_no_posting_before_its_wallet_is_there(
    books: Books,
) -> None:
    with pytest.raises(IntegrityError, match="has no wallet"):
        books.attempt(
            ACCOUNT,
            ENTRY,
            BALANCED.replace(":wallet", ":account"),
            entry=uuid4(),
            account=uuid4(),
        )


@pytest.mark.parametrize("account", [":wallet", ":contra", ":nobody"])
def test_a_posting_in_another_currency_than_its_accounts_is_refused(
    books: Books, account: str
) -> None:
    foreign = f"""{POSTINGS} VALUES (:entry, 1, {account}, 'USD', 5, NULL),
                                    (:entry, 2, {account}, 'USD', NULL, 5)"""

    with pytest.raises(IntegrityError, match="is not there or has another currency"):
        books.attempt(ENTRY, foreign, entry=uuid4(), nobody=uuid4())


@pytest.mark.parametrize(
    ("debit", "credit"),
    [
        ("5", "5"),
        ("NULL", "NULL"),
        ("-5", "NULL"),
        ("0", "NULL"),
        ("'NaN'", "NULL"),
        ("'Infinity'", "NULL"),
        ("1e14", "NULL"),
    ],
)
def test_a_posting_is_a_positive_debit_or_a_positive_credit(
    books: Books, debit: str, credit: str
) -> None:
    both = f"""{POSTINGS} VALUES (:entry, 1, :wallet, 'EUR', {debit}, {credit}),
                                 (:entry, 2, :contra, 'EUR', {credit}, {debit})"""

    with pytest.raises((IntegrityError, DataError), match=r"postings_|overflow"):
        books.attempt(ENTRY, both, entry=uuid4())


def test_a_million_rows_are_checked_by_the_same_few_statements(books: Books) -> None:
    """Here five thousand: entries and postings made by one INSERT … SELECT each."""
    with books.harness.database.engine.begin() as connection:
        books.run(
            connection,
            """CREATE TEMP TABLE charges ON COMMIT DROP AS
               SELECT gen_random_uuid() AS id, n FROM generate_series(1, 5000) n""",
            """INSERT INTO journal_entries (id, at, kind, memo, who, cause, company_id,
                                            request_id)
               SELECT id, '2026-03-01', 'correction', '', '', '', :company, ''
               FROM charges""",
            f"""{POSTINGS}
                SELECT id, 1, CAST(:wallet AS uuid), 'EUR', 0.01, NULL FROM charges
                UNION ALL
                SELECT id, 2, CAST(:contra AS uuid), 'EUR', NULL, 0.01
                FROM charges""",
            company=books.harness.company_id,
        )
    assert books.balance() == 50
    books.harness.adjust("50")
