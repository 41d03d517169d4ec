"""Who is invited to a company, and who gets its documents without being a user."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.identity.models.base import Base
from shared.contracts.identity.members.invitations import InvitationState
from shared.contracts.identity.memberships import Role
from shared.db.database import CompanyOwned


class Invitation(CompanyOwned, Base):
    """An invitation of an address; at most one per company and address is open.

    ``invited_by`` is None if an operator sent it. ``link_id`` is its present link.
    ``answered_by`` is the user who accepted, be it under another address.
    """

    __tablename__ = "invitations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    email: Mapped[str]
    role: Mapped[Role]
    state: Mapped[InvitationState]
    invited_by: Mapped[UUID | None]
    link_id: Mapped[UUID | None]
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]


class BillingContact(CompanyOwned, Base):
    """An address that gets a company's documents once it has confirmed.

    ``locale`` and ``time_zone`` are those of the person who entered it.
    """

    __tablename__ = "billing_contacts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    email: Mapped[str]
    locale: Mapped[str]
    time_zone: Mapped[str]
    added_at: Mapped[datetime]
    confirm_link_id: Mapped[UUID | None]
    stop_link_id: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
