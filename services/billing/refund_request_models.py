"""The table of what customers ask back."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.billing.models import Base
from shared.contracts.billing.refund_requests import RefundRequestState
from shared.database import CompanyOwned, enum_by_value


class RefundRequest(CompanyOwned, Base):
    """What was asked of one payment, and what became of it; see the contract's.

    ``position`` orders all of them as they were asked.
    """

    __tablename__ = "refund_requests"

    payment_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True))
    top_up_id: Mapped[UUID]
    state: Mapped[RefundRequestState] = mapped_column(enum_by_value(RefundRequestState))
    reason: Mapped[str]
    answer: Mapped[str]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str]
