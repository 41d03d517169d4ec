"""Tables of refunds, and of the refunds that customers ask for."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, column_property, mapped_column

from services.billing.models.base import Base, Noted
from services.billing.models.payments import Chargeback, ChargebackState
from shared.contracts.billing.refund_requests import RefundRequestState
from shared.contracts.notes import Note, read_note
from shared.db.database import CompanyOwned


class RefundState(Enum):
    """The ledger has a refund at once; the gateway may take its time."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """The gateway refused permanently, and the wallet has its money again."""


class Refund(CompanyOwned, Noted, Base):
    """Money given back of one payment; ``send_at`` is when the gateway is asked next.

    ``reason`` is its note as it was written before notes had codes.
    """

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

    @property
    def note(self) -> Note:
        return read_note(self.note_code, self.note_parameters, self.reason)


class RefundRequest(CompanyOwned, Base):
    """A request to refund one payment, and its outcome; see the contract's.

    ``position`` orders all of them as they were asked. ``gone_before`` is what had been
    given or taken back of the payment before this was decided, tax included.
    """

    __tablename__ = "refund_requests"

    payment_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True))
    top_up_id: Mapped[UUID]
    state: Mapped[RefundRequestState]
    reason: Mapped[str]
    answer: Mapped[str]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    decided_at: Mapped[datetime | None] = mapped_column()
    decided_by: Mapped[str]
    gone_before: Mapped[Decimal] = column_property(
        select(func.coalesce(func.sum(Refund.net + Refund.tax), 0))
        .where(
            Refund.payment_id == payment_id,
            Refund.state != RefundState.FAILED,
            sa.or_(decided_at.is_(None), Refund.created_at < decided_at),
        )
        .correlate_except(Refund)
        .scalar_subquery()
        + select(func.coalesce(func.sum(Chargeback.net + Chargeback.tax), 0))
        .where(
            Chargeback.payment_id == payment_id,
            Chargeback.state == ChargebackState.BOOKED,
            sa.or_(decided_at.is_(None), Chargeback.booked_at < decided_at),
        )
        .correlate_except(Chargeback)
        .scalar_subquery()
    )
