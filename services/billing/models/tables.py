"""Billing's tables: the ledger, wallets, and what is known of services and companies.

The rules of the ledger are triggers of the first migration: see docs/decisions.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.contracts.billing.charging import ChargeKind
from shared.contracts.billing.tax import TaxIdMatch, TaxIdState
from shared.contracts.billing.top_ups import GatewayName, PaymentState, TopUpState
from shared.contracts.billing.transactions import TransactionGroup
from shared.contracts.inventory import (
    Period,
    ServiceState,
    SuspensionReason,
    TerminationTime,
)
from shared.db.database import CompanyOwned, enum_by_value


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
    """A period of services, or what was used of one before it could be paid."""
    PRORATION = "proration"
    """What a new price makes of a period that is paid already."""
    UNUSED_TIME = "unused_time"
    """What was paid of a service that ended before its time."""
    TOP_UP = "top_up"
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"
    CHARGEBACK = "chargeback"
    OPENING_BALANCE = "opening_balance"
    CORRECTION = "correction"
    GOODWILL = "goodwill"


class RefundState(Enum):
    """The ledger has a refund at once; the gateway may take its time."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """The gateway refused for good, and the wallet has its money again."""


class Standing(Enum):
    """How a service weighs on the wallet; a one-time price only until it is paid."""

    ACTIVE = "active"
    OVERDUE = "overdue"
    """Suspended for payment: one charge each brings it back."""
    OWED = "owed"
    """What services suspended for payment used before: it is to be paid, too."""
    ARREARS = "arrears"
    """Active, and not paid for: what has been used until now."""


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
    ChargeKind,
    Grain,
    GatewayName,
    PaymentState,
    RefundState,
    TopUpState,
    TransactionGroup,
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
    grows with each change, see `services.billing.ledger.wallets.tell_of_change`. In
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

    The database keeps them itself: words, ``=`` before an amount, ``:`` before a cause.
    """

    __tablename__ = "transaction_terms"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    term: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    group: Mapped[TransactionGroup] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)


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

    ``ends`` is set while the service is to end with its period. All else is
    charging's, see `services.billing.charging.paid_time`: the service is paid up to
    ``paid_through``, which is ``paid_periods`` periods after ``anchor``; the last of
    them began at ``paid_from``, and was charged here if ``is_charged``. ``owed`` is
    what was used since ``owed_since`` and could not be paid, or what a price change
    left; negative, what it left to the customer. ``overdue_since`` is when the wallet
    was first found short, ``unpaid_periods`` how many had begun at the last look.
    ``payment_version`` counts what inventory is told, ``told_at`` is when it last was.
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
    anchor: Mapped[datetime | None]
    paid_periods: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    paid_from: Mapped[datetime | None]
    paid_through: Mapped[datetime | None]
    is_charged: Mapped[bool] = mapped_column(default=False)
    suspended_us: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    suspended_at: Mapped[datetime | None]
    owed: Mapped[Decimal] = mapped_column(default=Decimal(0))
    owed_since: Mapped[datetime | None]
    overdue_since: Mapped[datetime | None]
    unpaid_periods: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    told_at: Mapped[datetime | None]
    payment_version: Mapped[int] = mapped_column(sa.BigInteger, default=0)


class Charge(CompanyOwned, Base):
    """What was taken for a service's time; a negative ``amount`` was given back.

    ``entry_id`` is the ledger's entry, which sums up many of them; None once a past
    day's hours are merged into one row, with the number of their ``periods``.
    """

    __tablename__ = "charges"

    service_id: Mapped[UUID] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    kind: Mapped[ChargeKind] = mapped_column(primary_key=True)
    ends_at: Mapped[datetime]
    currency: Mapped[str]
    amount: Mapped[Decimal]
    periods: Mapped[int]
    entry_id: Mapped[UUID | None]
    charged_at: Mapped[datetime]


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
    one period. See `services.billing.charging.slots`.
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


class TopUp(CompanyOwned, Base):
    """A top-up as it was quoted; its net, tax and gross never change.

    ``tax_lines`` and ``tax_reason`` are the contract's, as on the wire.
    ``refunded_net`` is what was given back of all its payments: a sum of refunds.
    ``is_intended`` says that the customer knew of an equal one and meant both.
    ``seller`` is the key of who sells: the same for all of a company's.
    """

    __tablename__ = "top_ups"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    wallet_id: Mapped[UUID]
    reference: Mapped[str]
    state: Mapped[TopUpState]
    gateway: Mapped[GatewayName]
    currency: Mapped[str]
    net: Mapped[Decimal]
    tax: Mapped[Decimal]
    gross: Mapped[Decimal]
    refunded_net: Mapped[Decimal] = mapped_column(default=Decimal(0))
    tax_lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    tax_reason: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    expires_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(sa.BigInteger)
    is_intended: Mapped[bool] = mapped_column(default=False)
    seller: Mapped[str]


class Payment(CompanyOwned, Base):
    """One attempt to pay a top-up, or money that came for it.

    ``checkout`` is what the gateway calls the attempt, ``transaction`` what it calls
    the money. ``net`` and ``tax`` are the parts of ``amount``, which is what was paid,
    or is to be. ``ask_at`` is when the gateway is asked about it next.
    """

    __tablename__ = "payments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    top_up_id: Mapped[UUID]
    gateway: Mapped[GatewayName]
    checkout: Mapped[str | None]
    redirect_url: Mapped[str | None]
    transaction: Mapped[str | None]
    state: Mapped[PaymentState]
    currency: Mapped[str]
    amount: Mapped[Decimal]
    net: Mapped[Decimal]
    tax: Mapped[Decimal]
    method: Mapped[str] = mapped_column(default="")
    failure: Mapped[str | None]
    duplicate_of: Mapped[UUID | None]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    ask_at: Mapped[datetime | None]


class Refund(CompanyOwned, Base):
    """Money given back of one payment; ``send_at`` is when the gateway is told next."""

    __tablename__ = "refunds"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    top_up_id: Mapped[UUID]
    payment_id: Mapped[UUID]
    state: Mapped[RefundState]
    currency: Mapped[str]
    net: Mapped[Decimal]
    tax: Mapped[Decimal]
    reason: Mapped[str]
    who: Mapped[str]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    send_at: Mapped[datetime | None]
    failure: Mapped[str] = mapped_column(default="")


class GatewayCustomer(CompanyOwned, Base):
    """What a gateway calls a company whose cards it saves; the cards are its own."""

    __tablename__ = "gateway_customers"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    gateway: Mapped[GatewayName] = mapped_column(primary_key=True)
    customer: Mapped[str]
    created_at: Mapped[datetime]


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
    asked_at: Mapped[datetime | None]
    """When the last question was put to the register, about whichever number."""
    next_check_at: Mapped[datetime | None]
    confirmed_by: Mapped[str]
    confirmed_why: Mapped[str]


class TaxRate(Base):
    """A standard rate from a day on; see `services.billing.tax.rates`."""

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


class ExchangeRate(Base):
    """What one euro is worth on a day; the database refuses any change."""

    __tablename__ = "exchange_rates"

    currency: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    rate: Mapped[Decimal] = mapped_column(sa.Numeric(20, 8))
    source: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
