"""How far a person and their company have shown that they are who they say."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.identity.models.people import Verification
from shared.contracts import identity
from shared.contracts.identity.people import VerificationState, VerificationStep
from shared.errors import InvalidInput
from shared.text import clean_reason

PERSONAL_STEPS = frozenset(
    {
        VerificationStep.EMAIL,
        VerificationStep.PHONE,
        VerificationStep.IDENTITY_DOCUMENT,
    }
)
"""A user who has passed these is verified; the fourth step is the company's."""


def steps_of(
    db: Session, user_id: UUID, company_id: UUID | None
) -> list[identity.people.Verification]:
    """Every step with its state, for a user and the company acted for."""
    subjects = [user_id] if company_id is None else [user_id, company_id]
    rows = db.scalars(select(Verification).where(Verification.subject_id.in_(subjects)))
    begun = {row.step: row for row in rows}
    return [_view(step, begun.get(step)) for step in VerificationStep]


def passed_steps(
    db: Session, user_id: UUID, company_id: UUID
) -> list[VerificationStep]:
    """Return the steps that a user and their company have passed."""
    steps = db.scalars(
        select(Verification.step).where(
            Verification.subject_id.in_((user_id, company_id)),
            Verification.state == VerificationState.VERIFIED,
        )
    )
    return list(steps)


def is_verified(db: Session, user_id: UUID) -> bool:
    passed = db.scalar(
        select(func.count()).where(
            Verification.subject_id == user_id,
            Verification.step.in_(PERSONAL_STEPS),
            Verification.state == VerificationState.VERIFIED,
        )
    )
    return passed == len(PERSONAL_STEPS)


def set_step(
    db: Session, request: identity.people.SetVerification, now: datetime
) -> identity.people.Verification:
    """Record the result of one of a user's own steps; they see ``reason``.

    Raises:
        InvalidInput: ``not_a_personal_step``, ``bad_reason``.
    """
    if request.step not in PERSONAL_STEPS:
        raise InvalidInput("not_a_personal_step", request.step.value)
    row = Verification(
        subject_id=request.user_id,
        step=request.step,
        state=request.state,
        reason=clean_reason(request.reason),
        changed_at=now,
    )
    return _view(request.step, db.merge(row))


def mark_verified(
    db: Session, subject_id: UUID, step: VerificationStep, now: datetime
) -> None:
    """Note that a step is passed, whatever its state was."""
    db.merge(
        Verification(
            subject_id=subject_id,
            step=step,
            state=VerificationState.VERIFIED,
            reason="",
            changed_at=now,
        )
    )


def _view(
    step: VerificationStep, row: Verification | None
) -> identity.people.Verification:
    if row is None:
        return identity.people.Verification(
            step=step, state=VerificationState.NOT_STARTED
        )
    return identity.people.Verification(step=step, state=row.state, reason=row.reason)
