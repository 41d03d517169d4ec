"""Tables of documents: ordered, issued with a number, and made into files."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.billing.models.base import Base, Noted
from shared.contracts.billing.documents import DocumentFormat, DocumentKind
from shared.contracts.notes import Note, read_note
from shared.db.database import CompanyOwned


class DocumentOrder(CompanyOwned, Noted, Base):
    """A document that is to be issued; gone once it is.

    It is written where money moves, in that transaction, so that no document is
    forgotten; issuing is one of its own, as a series is one queue for all companies.
    ``chargeback_id`` is the dispute that took the payment back, or was won.
    ``waits_for`` is empty, or the exchange rate that it lacks: ``USD/EUR 2026-03-01``.
    ``reason`` is its note as it was written before notes had codes.
    """

    __tablename__ = "document_orders"

    position: Mapped[int] = mapped_column(
        sa.BigInteger, sa.Identity(always=True), primary_key=True
    )
    kind: Mapped[DocumentKind]
    top_up_id: Mapped[UUID]
    payment_id: Mapped[UUID | None]
    refund_id: Mapped[UUID | None]
    chargeback_id: Mapped[UUID | None]
    net: Mapped[Decimal]
    tax: Mapped[Decimal]
    reason: Mapped[str]
    ordered_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(default=0)
    waits_for: Mapped[str] = mapped_column(default="", server_default="")
    try_at: Mapped[datetime]

    @property
    def note(self) -> Note:
        return read_note(self.note_code, self.note_parameters, self.reason)


class DocumentSeries(Base):
    """Counts a seller's documents of one kind and year.

    ``code`` begins their numbers, and stays what it was when the series began.
    ``last_day`` is the newest document's.
    """

    __tablename__ = "document_series"

    code: Mapped[str] = mapped_column(primary_key=True)
    seller: Mapped[str]
    kind: Mapped[DocumentKind]
    year: Mapped[int]
    last_number: Mapped[int] = mapped_column(sa.BigInteger)
    last_day: Mapped[date]


class Document(CompanyOwned, Base):
    """A document as it was issued: the database refuses any change.

    ``position`` orders all documents as they were issued. ``content`` is the contract's
    `DocumentContent`, as on the wire; the columns beside it are for lists and sums.
    """

    __tablename__ = "documents"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True))
    series: Mapped[str]
    number_in_series: Mapped[int] = mapped_column(sa.BigInteger)
    number: Mapped[str]
    kind: Mapped[DocumentKind]
    issued_on: Mapped[date]
    issued_at: Mapped[datetime]
    currency: Mapped[str]
    net: Mapped[Decimal]
    tax: Mapped[Decimal]
    top_up_id: Mapped[UUID]
    payment_id: Mapped[UUID | None]
    refund_id: Mapped[UUID | None]
    chargeback_id: Mapped[UUID | None]
    corrects_id: Mapped[UUID | None]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)


class DocumentFile(CompanyOwned, Base):
    """A file made of a document, and the hash of its bytes."""

    __tablename__ = "document_files"

    document_id: Mapped[UUID] = mapped_column(primary_key=True)
    format: Mapped[DocumentFormat] = mapped_column(primary_key=True)
    content: Mapped[bytes]
    sha256: Mapped[str]
    made_at: Mapped[datetime]


class DocumentRendering(CompanyOwned, Base):
    """A document whose files are still to be made; tried again until they are."""

    __tablename__ = "document_renderings"

    document_id: Mapped[UUID] = mapped_column(primary_key=True)
    failures: Mapped[int]
    try_at: Mapped[datetime]
