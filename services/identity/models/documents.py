"""Documents that people send to show who they are."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity.models.base import Base
from shared.contracts.identity.people import VerificationStep
from shared.contracts.identity.verification.documents import (
    DocumentState,
    DocumentType,
)


class IdentityDocument(Base):
    """A document, from its upload until it is deleted; its row stays.

    ``subject_id`` is the user or, for a company document, the company; ``user_id`` who
    sent it. ``wrapped_key`` opens what is stored: the upload until the images are made,
    then these; it is empty once the document is deleted. ``key_id`` and ``month`` name
    the two keys that it is wrapped by. ``has_raw`` and ``has_remade``: the storage may
    have the upload, or the images. ``claimed_until`` is when another process may take
    over checking it.
    """

    __tablename__ = "identity_documents"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    subject_id: Mapped[UUID]
    step: Mapped[VerificationStep]
    document_type: Mapped[DocumentType]
    state: Mapped[DocumentState]
    reason: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    file_name: Mapped[str] = mapped_column(default="")
    sha256: Mapped[str] = mapped_column(default="")
    size: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    begun_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(default="")
    deleted_on: Mapped[date]
    wrapped_key: Mapped[bytes | None]
    key_id: Mapped[str]
    month: Mapped[str]
    has_raw: Mapped[bool] = mapped_column(default=True)
    has_remade: Mapped[bool] = mapped_column(default=False)

    @property
    def company_id(self) -> UUID | None:
        is_companys = self.step is VerificationStep.COMPANY_DOCUMENT
        return self.subject_id if is_companys else None
