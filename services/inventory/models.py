"""Inventory's tables: catalogue, services, their history and counters, imports."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.contracts.inventory.services import (
    Period,
    ServiceState,
    SuspensionReason,
    TerminationTime,
)
from shared.db.database import CompanyOwned, enum_by_value
from shared.money import Money, currency_of


class Base(DeclarativeBase):
    type_annotation_map: ClassVar = {
        datetime: sa.DateTime(timezone=True),
        str: sa.Text,
        Decimal: sa.Numeric(24, 12),
        Period: enum_by_value(Period),
        ServiceState: enum_by_value(ServiceState),
        SuspensionReason: enum_by_value(SuspensionReason),
        TerminationTime: enum_by_value(TerminationTime),
    }


class Family(Base):
    """A kind of services, in the menu at its ``position``."""

    __tablename__ = "families"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    icon: Mapped[str]
    position: Mapped[int]


class Plan(Base):
    """What can be bought. It never leaves its family."""

    __tablename__ = "plans"

    code: Mapped[str] = mapped_column(primary_key=True)
    family_code: Mapped[str]
    name: Mapped[str]


class PlanPrice(Base):
    __tablename__ = "plan_prices"

    plan_code: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[Period] = mapped_column(primary_key=True)
    price: Mapped[Decimal]


class Service(CompanyOwned, Base):
    """What a company has; plan name and family are copies, for the list's indexes.

    ``name_key``, ``state_rank``, ``yearly_price`` and ``search`` are worked out by the
    database: the first three are what the list is sorted by. ``suspended_us`` is how
    long it was suspended, the present suspension apart; ``payment_version`` is the
    number of what billing said of it last. ``termination_requested_by`` is the name
    that the principal had, of any kind.
    """

    __tablename__ = "services"
    __mapper_args__ = {"eager_defaults": False}  # noqa: RUF012  as SQLAlchemy types it

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str]
    name: Mapped[str]
    plan_code: Mapped[str]
    plan_name: Mapped[str]
    family_code: Mapped[str]
    currency: Mapped[str]
    period: Mapped[Period]
    price: Mapped[Decimal]
    state: Mapped[ServiceState]
    suspension_reason: Mapped[SuspensionReason | None]
    created_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    state_since: Mapped[datetime]
    termination_requested_at: Mapped[datetime | None]
    termination_requested_by: Mapped[str | None]
    termination_actor_kind: Mapped[str] = mapped_column(default="")
    termination_actor_name: Mapped[str] = mapped_column(default="")
    termination_reason: Mapped[str | None]
    termination_time: Mapped[TerminationTime | None]
    version: Mapped[int] = mapped_column(sa.BigInteger)
    suspended_us: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    payment_epoch: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    payment_version: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    name_key: Mapped[str] = mapped_column(sa.Computed("lower(name)"))
    state_rank: Mapped[int] = mapped_column(sa.SmallInteger, sa.Computed("state"))
    yearly_price: Mapped[Decimal] = mapped_column(sa.Numeric, sa.Computed("price"))
    search: Mapped[str] = mapped_column(TSVECTOR, sa.Computed("name"), deferred=True)

    @property
    def money(self) -> Money:
        return Money(self.price, currency_of(self.currency))


class ServiceWord(CompanyOwned, Base):
    """A word of a service, in the order of the list; the database keeps them itself."""

    __tablename__ = "service_words"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(sa.Text(collation="C"), primary_key=True)
    name_key: Mapped[str] = mapped_column(primary_key=True)
    service_id: Mapped[UUID] = mapped_column(primary_key=True)


class HistoryRow(CompanyOwned, Base):
    """One change of one service; rows are only ever added.

    ``who`` is the name that the principal had, of any kind; ``why`` the note as it
    was written before notes had codes. Such rows have no actor either.
    """

    __tablename__ = "service_history"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    service_id: Mapped[UUID]
    at: Mapped[datetime]
    what: Mapped[str]
    before: Mapped[str | None]
    after: Mapped[str | None]
    who: Mapped[str]
    actor_kind: Mapped[str]
    actor_name: Mapped[str]
    why: Mapped[str]
    note_code: Mapped[str]
    note_parameters: Mapped[dict[str, str]] = mapped_column(JSONB)


class ServiceCounters(CompanyOwned, Base):
    """How many services a company has in a family, by state.

    ``termination_requested`` overlaps the states.
    """

    __tablename__ = "service_counters"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    family_code: Mapped[str] = mapped_column(primary_key=True)
    pending: Mapped[int]
    active: Mapped[int]
    suspended: Mapped[int]
    terminated: Mapped[int]
    cancelled: Mapped[int]
    termination_requested: Mapped[int]


class Import(Base):
    """A file on its way in; its staged rows go with it."""

    __tablename__ = "imports"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    created_at: Mapped[datetime]
    row_count: Mapped[int]


class StagedFamily(Base):
    __tablename__ = "staged_families"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    icon: Mapped[str]
    position: Mapped[int]


class StagedPlan(Base):
    __tablename__ = "staged_plans"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    family_code: Mapped[str]
    name: Mapped[str]


class StagedPrice(Base):
    __tablename__ = "staged_prices"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    plan_code: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[Period] = mapped_column(primary_key=True)
    price: Mapped[Decimal]


class StagedService(Base):
    """A service as a file wants it; ``id`` is for the case that it is new.

    Without a ``state``, a new one becomes active and others stay as they are. Not
    `CompanyOwned`: it is a row of the operator's file, and no company's yet.
    """

    __tablename__ = "staged_services"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID]
    line: Mapped[str]
    name: Mapped[str]
    plan_code: Mapped[str]
    currency: Mapped[str]
    period: Mapped[Period]
    state: Mapped[ServiceState | None]
    price: Mapped[Decimal | None]
    activated_at: Mapped[datetime | None]
