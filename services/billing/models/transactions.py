"""Tables of the list of transactions, which the database keeps itself."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.billing.models.base import Base
from services.billing.models.ledger import EntryKind
from shared.contracts.billing.transactions import TransactionGroup
from shared.db.database import CompanyOwned


class Transaction(CompanyOwned, Base):
    """A movement of a wallet as its list shows it; the database keeps them itself.

    ``amount`` is positive when money came in, ``balance`` the wallet's right after.
    ``at`` is its entry's, or the time of the one before it in the wallet, if that is
    later: a call that began earlier may have waited for another.
    """

    __tablename__ = "transactions"

    number: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    wallet_id: Mapped[UUID]
    currency: Mapped[str]
    at: Mapped[datetime]
    kind: Mapped[EntryKind]
    group: Mapped[TransactionGroup] = mapped_column(sa.Computed("kind"))
    amount: Mapped[Decimal]
    balance: Mapped[Decimal]
    entry_id: Mapped[UUID]
    line: Mapped[int] = mapped_column(sa.SmallInteger)


class TransactionTerm(CompanyOwned, Base):
    """What a transaction is found by, in the order of the list.

    The database keeps them itself: words, ``=`` before an amount, ``:`` before a cause,
    ``#`` before a note's code.
    """

    __tablename__ = "transaction_terms"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    term: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    group: Mapped[TransactionGroup] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
