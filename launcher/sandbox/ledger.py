"""The sandbox's checkouts and transactions, in SQLite."""

import secrets
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS checkouts (
    id TEXT PRIMARY KEY, order_id TEXT UNIQUE, reference TEXT, amount TEXT,
    currency TEXT, return_url TEXT, notify_url TEXT
);
CREATE TABLE IF NOT EXISTS transactions (
    id TEXT PRIMARY KEY, checkout TEXT, outcome TEXT, failure TEXT, succeeds_at REAL
);
CREATE TABLE IF NOT EXISTS refunds (
    id TEXT PRIMARY KEY, transaction_id TEXT, amount TEXT
);
"""

CARD = {"card_brand": "Sandbox card", "card_last4": "4242"}

Row = Mapping[str, Any]


class Ledger:
    """The sandbox's database; each call uses its own connection and transaction."""

    def __init__(self, file: Path) -> None:
        self._file = file
        with closing(self._connect()) as connection:
            connection.executescript(_TABLES)

    def open_checkout(self, order: Row) -> str:
        """Store an order and return its id; the same order gets the same checkout."""
        amount = order["amount"]
        self._write(
            "INSERT OR IGNORE INTO checkouts VALUES (?, ?, ?, ?, ?, ?, ?)",
            f"co_{secrets.token_hex(12)}",
            order["order_id"],
            order["reference"],
            amount["amount"],
            amount["currency"],
            order["return_url"],
            order["notify_url"],
        )
        (row,) = self._read(
            "SELECT id FROM checkouts WHERE order_id = ?", order["order_id"]
        )
        return str(row["id"])

    def find_checkout(self, checkout: str) -> Row | None:
        rows = self._read("SELECT * FROM checkouts WHERE id = ?", checkout)
        return next(iter(rows), None)

    def move_money(
        self,
        checkout: str,
        outcome: str,
        failure: str | None = None,
        after_s: float = 0,
    ) -> str:
        """Add a transaction; a pending one succeeds after ``after_s``."""
        transaction = f"tx_{secrets.token_hex(12)}"
        succeeds_at = time.time() + after_s if after_s else None
        self._write(
            "INSERT INTO transactions VALUES (?, ?, ?, ?, ?)",
            transaction,
            checkout,
            outcome,
            failure,
            succeeds_at,
        )
        return transaction

    def charge_back(self, transaction: str) -> None:
        self._write(
            "UPDATE transactions SET outcome = 'charged_back', "
            "failure = 'disputed_by_cardholder' WHERE id = ?",
            transaction,
        )

    def transactions(self, checkout: str) -> list[Row]:
        """Return a checkout's transactions in their current state."""
        self._write(
            "UPDATE transactions SET outcome = 'succeeded' "
            "WHERE outcome = 'pending' AND succeeds_at <= ?",
            time.time(),
        )
        return self._read(
            "SELECT * FROM transactions WHERE checkout = ? ORDER BY rowid", checkout
        )

    def refund(self, refund: Row) -> None:
        self._write(
            "INSERT OR IGNORE INTO refunds VALUES (?, ?, ?)",
            refund["id"],
            refund["transaction"],
            refund["amount"]["amount"],
        )

    def refunds(self, transaction: str) -> list[Row]:
        return self._read("SELECT * FROM refunds WHERE transaction_id = ?", transaction)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, timeout=10)
        connection.row_factory = sqlite3.Row
        return connection

    def _write(self, statement: str, *values: object) -> None:
        with closing(self._connect()) as connection, connection:
            connection.execute(statement, values)

    def _read(self, query: str, *values: object) -> list[Row]:
        with closing(self._connect()) as connection:
            return [dict(row) for row in connection.execute(query, values)]
