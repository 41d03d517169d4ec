"""The level that a company has reached by its owners' verification.

It is published when it changes: other services hold their limits to it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.identity.models.companies import Membership
from services.identity.models.verification import CompanyLevel, Verification
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.people import VerificationState, VerificationStep
from shared.contracts.identity.verification.levels import (
    VERIFICATION_CHANGED,
    CompanyVerification,
    VerificationLevel,
)
from shared.db.events import OutboxEvent
from shared.rpc.change import Change

STEPS = (
    (VerificationStep.EMAIL, VerificationLevel.EMAIL),
    (VerificationStep.PHONE, VerificationLevel.PHONE),
    (VerificationStep.IDENTITY_DOCUMENT, VerificationLevel.IDENTITY),
)
"""A person's steps, in their order, and the level that each reaches."""


def level_of(passed: Iterable[VerificationStep]) -> VerificationLevel:
    """Return the level of a person who has passed these steps."""
    steps, level = frozenset(passed), VerificationLevel.NONE
    for step, reached in STEPS:
        if step not in steps:
            break
        level = reached
    return level


def verification_of(db: Session, company_id: UUID) -> CompanyVerification:
    """Return a company's level as its owners' steps are now."""
    return _verifications_of(db, [company_id])[company_id]


def settle_level(change: Change, company_id: UUID) -> None:
    """Publish a company's verification if it is another than before.

    The company's row is locked, so two changes at once publish what both have made of
    it.
    """
    _publish(change, [company_id], also_unchanged=False)


def republish(change: Change, company_ids: Sequence[UUID]) -> None:
    """Write an event of each company's present verification."""
    _publish(change, company_ids, also_unchanged=True)


def _publish(
    change: Change, company_ids: Sequence[UUID], *, also_unchanged: bool
) -> None:
    rows = _lock(change.db, company_ids)
    found = _verifications_of(change.db, company_ids)
    changed = [row for row in rows if _follow(row, found[row.company_id])]
    change.emit_all(*map(_event, rows if also_unchanged else changed))


def _lock(db: Session, company_ids: Sequence[UUID]) -> Sequence[CompanyLevel]:
    """Lock the companies' rows, which are made where there are none yet."""
    if not company_ids:
        return []
    first = [
        {
            "company_id": company_id,
            "level": VerificationLevel.NONE,
            "has_company_document": False,
            "version": 0,
        }
        for company_id in company_ids
    ]
    db.execute(insert(CompanyLevel).values(first).on_conflict_do_nothing())
    locked = (
        select(CompanyLevel)
        .where(CompanyLevel.company_id.in_(company_ids))
        .order_by(CompanyLevel.company_id)
        .with_for_update()
    )
    return db.scalars(locked.execution_options(populate_existing=True)).all()


def _follow(row: CompanyLevel, found: CompanyVerification) -> bool:
    """Return whether it is another version than before; the first one always is."""
    now = (found.level, found.has_company_document)
    if row.version and now == (row.level, row.has_company_document):
        return False
    row.level, row.has_company_document = now
    row.version += 1
    return True


def _verifications_of(
    db: Session, company_ids: Sequence[UUID]
) -> dict[UUID, CompanyVerification]:
    owned = select(Membership.company_id, Membership.user_id).where(
        Membership.company_id.in_(company_ids), Membership.role == Role.OWNER
    )
    owners: dict[UUID, list[UUID]] = {company_id: [] for company_id in company_ids}
    for company_id, user_id in db.execute(owned):
        owners[company_id].append(user_id)
    passed = _passed_steps(db, {*company_ids, *chain(*owners.values())})
    return {
        company_id: CompanyVerification(
            company_id=company_id,
            level=max(
                (level_of(passed[user_id]) for user_id in owners[company_id]),
                key=lambda level: level.rank,
                default=VerificationLevel.NONE,
            ),
            has_company_document=VerificationStep.COMPANY_DOCUMENT
            in passed[company_id],
        )
        for company_id in company_ids
    }


def _passed_steps(
    db: Session, subject_ids: Iterable[UUID]
) -> dict[UUID, set[VerificationStep]]:
    rows = select(Verification.subject_id, Verification.step).where(
        Verification.subject_id.in_(subject_ids),
        Verification.state == VerificationState.VERIFIED,
    )
    passed: defaultdict[UUID, set[VerificationStep]] = defaultdict(set)
    for subject_id, step in db.execute(rows):
        passed[subject_id].add(step)
    return passed


def _event(row: CompanyLevel) -> OutboxEvent[CompanyVerification]:
    body = CompanyVerification(
        company_id=row.company_id,
        level=row.level,
        has_company_document=row.has_company_document,
    )
    return OutboxEvent(
        VERIFICATION_CHANGED, body, company_id=row.company_id, version=row.version
    )
