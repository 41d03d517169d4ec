"""How far a person and their company have shown that they are who they say."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.identity.levels import STEPS, settle_level
from services.identity.models.companies import Company, Membership
from services.identity.models.verification import Verification
from shared.contracts import identity
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.people import VerificationState, VerificationStep
from shared.db.company_scope import COMPANY, WrongCompanyError
from shared.errors import InvalidInput
from shared.rpc.change import Change
from shared.text import clean_reason

EXPIRED_AT_ONCE = 100

PERSONAL_STEPS = tuple(step for step, _ in STEPS)
"""A user who has passed these is verified; the fourth step is the company's."""


def steps_of(
    db: Session, user_id: UUID, company_id: UUID | None
) -> list[identity.people.Verification]:
    """Each step with its state, for a user and the company acted for.

    A private individual has no company document to send.
    """
    subjects = [user_id] if company_id is None else [user_id, company_id]
    rows = db.scalars(select(Verification).where(Verification.subject_id.in_(subjects)))
    begun = {row.step: row for row in rows}
    steps = _steps_for(db, company_id)
    return [_view(step, begun.get(step)) for step in steps]


def _steps_for(db: Session, company_id: UUID | None) -> list[VerificationStep]:
    company = db.get(Company, company_id) if company_id else None
    is_business = company is not None and company.is_business
    own = VerificationStep.COMPANY_DOCUMENT
    return [step for step in VerificationStep if step is not own or is_business]


def steps_left(
    db: Session, company_id: UUID, passed: Collection[VerificationStep]
) -> list[VerificationStep]:
    """Return the steps that a user and their company have yet to pass, in order."""
    return [step for step in _steps_for(db, company_id) if step not in passed]


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


@dataclass(frozen=True)
class Result:
    """What a step has come to.

    ``reason_code`` has its words in web's pages, ``reason`` is an operator's own
    sentence. From ``valid_until`` on, a verified step is expired.
    """

    state: VerificationState
    reason_code: str = ""
    reason: str = ""
    valid_until: datetime | None = None


def set_state(
    change: Change, subject_id: UUID, step: VerificationStep, result: Result
) -> identity.people.Verification:
    """Write a step of a user, or of a company for its document, and publish the level.

    Nothing else writes steps. A user's step needs a transaction of the system: they
    may own companies that a session of the principal's company doesn't see.

    Raises:
        InvalidInput: ``bad_reason``.
    """
    if step in PERSONAL_STEPS and change.db.info[COMPANY] is not None:
        raise WrongCompanyError("a user's steps concern all of their companies")
    row = Verification(
        subject_id=subject_id,
        step=step,
        state=result.state,
        reason_code=result.reason_code,
        reason=clean_reason(result.reason),
        changed_at=change.call.now,
        valid_until=result.valid_until,
    )
    view = _view(step, change.db.merge(row))
    for company_id in _companies_of(change.db, subject_id, step):
        settle_level(change, company_id)
    return view


def set_personal_step(
    change: Change, request: identity.people.SetVerification
) -> identity.people.Verification:
    """Record the result of one of a user's own steps.

    Raises:
        InvalidInput: ``not_a_personal_step``, ``bad_reason``.
    """
    if request.step not in PERSONAL_STEPS:
        raise InvalidInput("not_a_personal_step", request.step.value)
    result = Result(request.state, reason=request.reason)
    return set_state(change, request.user_id, request.step, result)


def mark_verified(change: Change, subject_id: UUID, step: VerificationStep) -> None:
    """Note that a step is passed, whatever its state was."""
    set_state(change, subject_id, step, Result(VerificationState.VERIFIED))


def put_back(
    change: Change, subject_id: UUID, step: VerificationStep, reason_code: str
) -> None:
    """Let a step be taken again, because what it verified has changed."""
    row = change.db.get(Verification, (subject_id, step))
    if row is not None and row.state is VerificationState.VERIFIED:
        result = Result(VerificationState.NOT_STARTED, reason_code)
        set_state(change, subject_id, step, result)


def expire_steps(change: Change) -> int:
    """Let steps expire whose time is over, some at a time; return how many."""
    over = (
        select(Verification)
        .where(
            Verification.valid_until <= change.call.now,
            Verification.state == VerificationState.VERIFIED,
        )
        .order_by(Verification.subject_id, Verification.step)
        .limit(EXPIRED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    rows = change.db.scalars(over).all()
    result = Result(VerificationState.EXPIRED, "step_expired")
    for row in rows:
        set_state(change, row.subject_id, row.step, result)
    return len(rows)


def _companies_of(db: Session, subject_id: UUID, step: VerificationStep) -> list[UUID]:
    """Return the companies whose level a step may change, in the order of locking."""
    if step not in PERSONAL_STEPS:
        return [subject_id]
    owned = select(Membership.company_id).where(
        Membership.user_id == subject_id, Membership.role == Role.OWNER
    )
    return list(db.scalars(owned.order_by(Membership.company_id)))


def _view(
    step: VerificationStep, row: Verification | None
) -> identity.people.Verification:
    if row is None:
        return identity.people.Verification(
            step=step, state=VerificationState.NOT_STARTED
        )
    return identity.people.Verification(
        step=step,
        state=row.state,
        reason_code=row.reason_code,
        reason=row.reason,
        changed_at=row.changed_at,
        valid_until=row.valid_until,
    )
