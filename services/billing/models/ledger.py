"""Tables of the ledger: accounts, wallets, and the entries that move money.

The rules of the ledger are triggers of the first migration: see docs/decisions.
"""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.billing.models.base import Acted, Base, Noted
from shared.db.database import CompanyOwned


class AccountKind(Enum):
    WALLET = "wallet"
    PAYMENTS = "payments"
    """What customers have paid through gateways and banks: gross."""
    TAX = "tax"
    """What of it is owed to tax offices."""
    OPENING_BALANCES = "opening_balances"
    CORRECTIONS = "corrections"
    GOODWILL = "goodwill"
    REVENUE = "revenue"
    """What services were charged."""


class EntryKind(Enum):
    CHARGE = "charge"
    """A period of services, or its used part before it could be paid."""
    PRORATION = "proration"
    """What a new price makes of a period that is paid already."""
    UNUSED_TIME = "unused_time"
    """What was paid of a service that ended before its time."""
    TOP_UP = "top_up"
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"
    CHARGEBACK = "chargeback"
    CHARGEBACK_REVERSED = "chargeback_reversed"
    """The dispute was won, and the bank has given the money back."""
    OPENING_BALANCE = "opening_balance"
    CORRECTION = "correction"
    GOODWILL = "goodwill"


class Account(Base):
    """One side of the ledger: a wallet's, or the provider's per kind and currency."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[AccountKind]
    currency: Mapped[str]


class Wallet(CompanyOwned, Base):
    """A company's money in one currency; its id is its account's.

    ``balance`` is kept by the database as credits - debits of the account. ``version``
    grows with each change, see `services.billing.ledger.wallets.emit_change`. In
    ``short_version``, at ``short_at``, it could not pay for all services.
    """

    __tablename__ = "wallets"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str]
    is_primary: Mapped[bool]
    balance: Mapped[Decimal]
    credit_limit: Mapped[Decimal]
    comfort_buffer: Mapped[Decimal]
    horizon_days: Mapped[int] = mapped_column(sa.SmallInteger)
    version: Mapped[int] = mapped_column(sa.BigInteger)
    short_version: Mapped[int | None] = mapped_column(sa.BigInteger)
    short_at: Mapped[datetime | None]


class JournalEntry(CompanyOwned, Noted, Acted, Base):
    """Why money moved. ``cause`` is the operation, or what it was about.

    ``memo`` is the note as it was written before notes had codes; ``who`` is the
    principal's name, of any kind.
    """

    __tablename__ = "journal_entries"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[EntryKind]
    memo: Mapped[str]
    who: Mapped[str]
    cause: Mapped[str]
    request_id: Mapped[str]


class Posting(Base):
    """One line of an entry: a debit or a credit, positive.

    Not owned by a company, as the provider's accounts have postings too: a company's
    query comes by its wallets or entries. ``position`` orders an account's postings.
    """

    __tablename__ = "postings"

    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True)
    position: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True))
    account_id: Mapped[UUID]
    currency: Mapped[str]
    debit: Mapped[Decimal | None]
    credit: Mapped[Decimal | None]
