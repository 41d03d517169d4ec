"""Tables of payments, chargebacks, and the customers that gateways save cards for."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from services.billing.models.base import Base, Noted
from shared.contracts.billing.payments import GatewayName, PaymentState
from shared.contracts.notes import Note, read_note
from shared.db.database import CompanyOwned

# A tuple, for queries: a set's order differs between processes.
PAID = (PaymentState.SUCCEEDED, PaymentState.CHARGED_BACK)
"""Payments that came, whether or not they have stayed."""


class Payment(CompanyOwned, Noted, Base):
    """One attempt to pay a top-up, or money that came for it.

    ``checkout`` is what the gateway calls the attempt, ``transaction`` what it calls
    the money. ``net`` and ``tax`` are the parts of ``amount``, which is what was paid,
    or is to be. The note is what was used to pay, ``method`` the same as it was written
    before notes had codes. ``ask_at`` is when the gateway is asked about it next.

    ``received_on`` is the seller's day on which the money was received; None before,
    and on payments from before days of receipt were kept. ``tax_decision`` is the rule
    it was taxed by, as on the wire, where that is not the quoted one.
    ``place_evidence`` says where the customer was, ``has_doubtful_place`` that it is
    too little for a private one.
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
    received_on: Mapped[date | None]
    tax_decision: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True)
    )
    place_evidence: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True)
    )
    has_doubtful_place: Mapped[bool | None]

    @property
    def paid_with(self) -> Note:
        return read_note(self.note_code, self.note_parameters, self.method)

    @paid_with.setter
    def paid_with(self, note: Note) -> None:
        self.note_code, self.note_parameters = note.code, note.parameters
        self.method = note.as_written


class ChargebackState(Enum):
    WAITING = "waiting"
    """Its currency is not the payment's: a person says how much it is."""
    BOOKED = "booked"
    REVERSED = "reversed"
    """The dispute was won, and the amount is back in the wallet."""


class Chargeback(CompanyOwned, Base):
    """Money of a payment, or a part of it, that the customer's bank took back.

    ``name`` is what the gateway calls the dispute, ``amount`` what that is about, in
    ``currency``. The rest is in the payment's: ``net`` and ``tax`` of what was left of
    the payment, and ``beyond`` what was taken although it had been given back.
    ``won_at`` is when the gateway first said that the dispute was won: one that is
    booked still waits for a person, as it is in another currency than its payment.
    """

    __tablename__ = "chargebacks"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    top_up_id: Mapped[UUID]
    payment_id: Mapped[UUID]
    gateway: Mapped[GatewayName]
    name: Mapped[str]
    state: Mapped[ChargebackState]
    currency: Mapped[str]
    amount: Mapped[Decimal]
    net: Mapped[Decimal]
    tax: Mapped[Decimal]
    beyond: Mapped[Decimal]
    reported_at: Mapped[datetime]
    booked_at: Mapped[datetime | None]
    won_at: Mapped[datetime | None]

    @hybrid_property
    def booked(self) -> Decimal:
        """All that the wallet and its tax were charged."""
        return self.net + self.tax + self.beyond


class GatewayCustomer(CompanyOwned, Base):
    """What a gateway calls a company whose cards it saves; the cards are its own."""

    __tablename__ = "gateway_customers"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    gateway: Mapped[GatewayName] = mapped_column(primary_key=True)
    customer: Mapped[str]
    created_at: Mapped[datetime]
