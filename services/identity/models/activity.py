"""The trail of what people did."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity.models.base import Base
from shared.contracts.actors import ActorKind
from shared.db.database import CompanyOwned


class Activity(CompanyOwned, Base):
    """One act of a person. Triggers refuse to change or delete it.

    ``number`` is the order of taking in, ``id`` its event's. ``company_id`` is nil for
    what concerns a person's own account. ``user_id`` is who did it or whom support did
    it for. ``method`` begins with its service. ``network`` is the shortened address of
    the session, as it was when the act was taken in: a row that can't be erased holds
    no full address.
    """

    __tablename__ = "activity"

    number: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    id: Mapped[UUID]
    at: Mapped[datetime]
    company_id: Mapped[UUID]
    user_id: Mapped[UUID | None]
    actor_kind: Mapped[ActorKind]
    actor_name: Mapped[str]
    method: Mapped[str]
    recorded: Mapped[dict[str, str]]
    session_id: Mapped[UUID | None]
    request_id: Mapped[str]
    network: Mapped[str]
    browser: Mapped[str]
    system: Mapped[str]
