"""Billing's tables: the ledger, wallets, and what is known of services and companies.

The rules of the ledger are triggers of the first migration: see docs/decisions.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.contracts.billing.tax import TaxIdMatch, TaxIdState
from shared.contracts.inventory import (
    Period,
    ServiceState,
    SuspensionReason,
    TerminationTime,
)
from shared.database import CompanyOwned, enum_by_value


class AccountKind(Enum):
    WALLET = "wallet"
    OPENING_BALANCES = "opening_balances"
    CORRECTIONS = "corrections"
    GOODWILL = "goodwill"


class EntryKind(Enum):
    OPENING_BALANCE = "opening_balance"
    CORRECTION = "correction"
    GOODWILL = "goodwill"


class Standing(Enum):
    """How a recurring service weighs on the wallet."""

    ACTIVE = "active"
    OVERDUE = "overdue"
    """Suspended for payment: one period each brings it back."""


class Grain(Enum):
    """How finely a slot tells when in its cycle a service renews."""

    DAY = "day"
    HOUR = "hour"
    MINUTE = "minute"
    EXACT = "exact"


_ENUMS: tuple[type[Enum], ...] = (
    AccountKind,
    EntryKind,
    Standing,
    Grain,
    Period,
    ServiceState,
    SuspensionReason,
    TerminationTime,
    TaxIdState,
    TaxIdMatch,
)


class Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: sa.DateTime(timezone=True),
        str: sa.Text,
        Decimal: sa.Numeric(20, 6),
        **{enum: enum_by_value(enum) for enum in _ENUMS},
    }


class Account(Base):
    """One side of the ledger: a wallet's, or the provider's per kind and currency."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[AccountKind]
    currency: Mapped[str]


class Wallet(CompanyOwned, Base):
    """A company's money in one currency; its id is its account's.

    ``balance`` is kept by the database as credits - debits of the account. ``version``
    grows with each change, see `services.billing.wallets.tell_of_change`.
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


class JournalEntry(CompanyOwned, Base):
    """Why money moved. ``cause`` is the operation, or what it was about."""

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


class Company(CompanyOwned, Base):
    """What billing needs of identity's company.

    ``country`` is empty while all that is known came before billing kept addresses.
    """

    __tablename__ = "companies"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    time_zone: Mapped[str]
    name: Mapped[str]
    street: Mapped[str]
    postal_code: Mapped[str]
    city: Mapped[str]
    region: Mapped[str]
    country: Mapped[str]
    is_business: Mapped[bool]
    version: Mapped[int] = mapped_column(sa.BigInteger)


class Subscription(CompanyOwned, Base):
    """What billing needs of inventory's service, as of ``version``.

    ``ends`` is set while the service bears a termination request.
    """

    __tablename__ = "subscriptions"

    service_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(sa.BigInteger)
    family_code: Mapped[str]
    family_name: Mapped[str]
    state: Mapped[ServiceState]
    suspension_reason: Mapped[SuspensionReason | None]
    currency: Mapped[str]
    price: Mapped[Decimal] = mapped_column(sa.Numeric(30, 12))
    period: Mapped[Period]
    activated_at: Mapped[datetime | None]
    ends: Mapped[TerminationTime | None]


class RecurringCost(CompanyOwned, Base):
    """Roll-up: recurring services of one family and period, by their standing.

    ``amount`` is the sum of prices per period; of overdue services, of charges.
    """

    __tablename__ = "recurring_costs"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    family_code: Mapped[str] = mapped_column(primary_key=True)
    family_name: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[Period] = mapped_column(primary_key=True)
    standing: Mapped[Standing] = mapped_column(primary_key=True)
    service_count: Mapped[int] = mapped_column(sa.BigInteger)
    amount: Mapped[Decimal] = mapped_column(sa.Numeric(40, 12))


class Renewal(CompanyOwned, Base):
    """Roll-up: services that renew at the same place of their cycle.

    Each service is counted once per grain. ``amount`` is the sum of their charges for
    one period. See `services.billing.slots`.
    """

    __tablename__ = "renewals"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[Period] = mapped_column(primary_key=True)
    grain: Mapped[Grain] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    family_code: Mapped[str] = mapped_column(primary_key=True)
    service_count: Mapped[int] = mapped_column(sa.BigInteger)
    amount: Mapped[Decimal] = mapped_column(sa.Numeric(40, 6))


class TaxId(CompanyOwned, Base):
    """A company's VAT ID, and what the register said of it; see the contract's.

    ``number`` is empty once it was removed. ``country`` is ISO 3166-1.
    """

    __tablename__ = "tax_ids"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(sa.BigInteger)
    number: Mapped[str]
    country: Mapped[str]
    state: Mapped[TaxIdState]
    checked_at: Mapped[datetime | None]
    match: Mapped[TaxIdMatch | None]
    name: Mapped[str]
    address: Mapped[str]
    proof: Mapped[str]
    failure: Mapped[str]
    failure_count: Mapped[int]
    """Tries in a row that had no answer."""
    next_check_at: Mapped[datetime | None]
    confirmed_by: Mapped[str]
    confirmed_why: Mapped[str]


class TaxRate(Base):
    """A standard rate from a day on; see `services.billing.tax_rates`."""

    __tablename__ = "tax_rates"

    position: Mapped[int] = mapped_column(
        sa.BigInteger, sa.Identity(always=True), primary_key=True
    )
    country: Mapped[str]
    territory: Mapped[str]
    rate_percent: Mapped[Decimal] = mapped_column(sa.Numeric(4, 2))
    valid_from: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
