"""Tables of charging: services, what they were charged, and sums of what they cost."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.billing.models.base import Base
from shared.contracts.billing.charging import ChargeKind
from shared.contracts.inventory.services import (
    Period,
    ServiceState,
    SuspensionReason,
    TerminationTime,
)
from shared.db.database import CompanyOwned


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
    """The precision of a slot: when in its cycle a service renews."""

    DAY = "day"
    HOUR = "hour"
    MINUTE = "minute"
    EXACT = "exact"


class Subscription(CompanyOwned, Base):
    """What billing needs of inventory's service, as of ``epoch`` and ``version``.

    ``name`` is empty of one whose last event was long ago. ``ends`` is set while the
    service is to end with its period. All else is charging's, see
    `services.billing.charging.paid_time`: the service is paid up to ``paid_through``,
    which is ``paid_periods`` periods after ``anchor``; the last of them began at
    ``paid_from``, and was charged here if ``is_charged``. ``owed`` is what was used
    since ``owed_since`` and could not be paid, or what a price change left; negative,
    what it left to the customer. ``overdue_since`` is when the wallet was first found
    short, ``unpaid_periods`` how many had begun at the last look. ``price_since`` is
    when the last price change was counted, if there was one. ``payment_version`` counts
    reports to inventory, the last one at ``told_at``.
    """

    __tablename__ = "subscriptions"

    service_id: Mapped[UUID] = mapped_column(primary_key=True)
    epoch: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    version: Mapped[int] = mapped_column(sa.BigInteger)
    family_code: Mapped[str]
    family_name: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    state: Mapped[ServiceState]
    suspension_reason: Mapped[SuspensionReason | None]
    currency: Mapped[str]
    price: Mapped[Decimal] = mapped_column(sa.Numeric(30, 12))
    price_since: Mapped[datetime | None]
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


class WriteOff(CompanyOwned, Base):
    """What a service owed when it ended, and its wallet could not pay."""

    __tablename__ = "write_offs"

    service_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    currency: Mapped[str]
    amount: Mapped[Decimal]


class PastPrice(CompanyOwned, Base):
    """A price that a service had, until it changed or the service ended.

    ``suspended_us`` is for how long it had been suspended by then. For verifying the
    books; zero for what was used before prices were kept.
    """

    __tablename__ = "past_prices"

    service_id: Mapped[UUID] = mapped_column(primary_key=True)
    until: Mapped[datetime] = mapped_column(primary_key=True)
    price: Mapped[Decimal] = mapped_column(sa.Numeric(30, 12))
    suspended_us: Mapped[int] = mapped_column(sa.BigInteger)


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
