"""The table of services that are handed over."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.billing.models.base import Base
from shared.contracts.billing.handovers import HandoverState


class Handover(Base):
    """A service that one company offers another one.

    It belongs to both, and so to no company's session: who reads it names one of them.
    ``version`` is the number of its states so far.
    """

    __tablename__ = "handovers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    service_id: Mapped[UUID]
    giver_id: Mapped[UUID]
    receiver_id: Mapped[UUID]
    state: Mapped[HandoverState]
    version: Mapped[int]
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
