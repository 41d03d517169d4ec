"""Documents as messages, and which of them a person sees."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.identity.models.documents import IdentityDocument
from shared.contracts.identity.people import VerificationStep
from shared.contracts.identity.verification.documents import (
    Document,
    Documents,
    DocumentState,
)
from shared.permissions import Permission
from shared.principal import Principal


def view(document: IdentityDocument) -> Document:
    is_kept = document.wrapped_key is not None
    return Document(
        id=document.id,
        user_id=document.user_id,
        company_id=document.company_id,
        step=document.step,
        document_type=document.document_type,
        state=document.state,
        reason=document.reason,
        note=document.note,
        file_name=document.file_name,
        begun_at=document.begun_at,
        sent_at=document.sent_at,
        decided_at=document.decided_at,
        deleted_on=document.deleted_on if is_kept else None,
    )


def own_documents(db: Session, principal: Principal) -> Documents:
    """Return the last document of each step that the principal may take."""
    subjects = {VerificationStep.IDENTITY_DOCUMENT: principal.user_id}
    may_change = Permission.MANAGE_COMPANY in principal.permissions
    if principal.company_id is not None and may_change:
        subjects[VerificationStep.COMPANY_DOCUMENT] = principal.company_id
    found = (_last(db, subject, step) for step, subject in subjects.items())
    return Documents(documents=[view(each) for each in found if each is not None])


def documents_of(
    db: Session, subject_id: UUID, *states: DocumentState
) -> Sequence[IdentityDocument]:
    """Return a user's or company's documents in some states; the newest first."""
    return db.scalars(
        select(IdentityDocument)
        .where(
            IdentityDocument.subject_id == subject_id,
            IdentityDocument.state.in_(states),
        )
        .order_by(IdentityDocument.begun_at.desc())
    ).all()


def _last(
    db: Session, subject_id: UUID, step: VerificationStep
) -> IdentityDocument | None:
    return db.scalar(
        select(IdentityDocument)
        .where(
            IdentityDocument.subject_id == subject_id,
            IdentityDocument.step == step,
            IdentityDocument.state != DocumentState.CANCELLED,
        )
        .order_by(IdentityDocument.begun_at.desc())
        .limit(1)
    )
