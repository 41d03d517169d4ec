"""Tables of tax: VAT IDs, rates, and what a euro is worth."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.billing.models.base import Base
from shared.contracts.billing.tax import TaxIdMatch, TaxIdState
from shared.db.database import CompanyOwned


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


class KnownCustomer(CompanyOwned, Base):
    """What tax read of a company from a moment on; rows are only ever added.

    ``customer`` is `services.billing.tax.calculation.Customer`, as on the wire.
    """

    __tablename__ = "known_customers"

    position: Mapped[int] = mapped_column(
        sa.BigInteger, sa.Identity(always=True), primary_key=True
    )
    known_from: Mapped[datetime]
    customer: Mapped[dict[str, Any]] = mapped_column(JSONB)


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
