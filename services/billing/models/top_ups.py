"""The table of top-ups."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.billing.models.base import Acted, Base
from shared.contracts.billing.payments import GatewayName
from shared.contracts.billing.top_ups import TopUpState
from shared.db.database import CompanyOwned

# A tuple, for queries: a set's order differs between processes.
OPEN = (TopUpState.DRAFT, TopUpState.PENDING)
"""Not paid yet, but can be paid."""


class TopUp(CompanyOwned, Acted, Base):
    """A top-up as it was quoted; its net, tax and gross never change.

    ``tax_lines`` and ``tax_reason`` are the contract's, as on the wire.
    ``refunded_net`` is what was given back of all its payments: a sum of refunds.
    ``is_intended`` says that the customer knew of an equal one and meant both.
    ``created_by`` is the principal's name, of any kind.
    ``seller`` is the key of who sells: the same for all that a company begins once it
    has paid one.
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


class CompanyLimits(CompanyOwned, Base):
    """Limits that an operator has set for a company, in place of its level's.

    What is None is the level's. ``is_day_unlimited``: there is no limit within 24
    hours.
    """

    __tablename__ = "company_limits"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    maximum: Mapped[Decimal | None]
    per_day: Mapped[Decimal | None]
    is_day_unlimited: Mapped[bool]
    max_balance: Mapped[Decimal | None]
