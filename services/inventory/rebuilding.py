"""Rebuild counters from the services while these keep changing.

A change locks its services, then its counters, and adds to these. So code that
holds the counters and then counts sees each change in full, or it is added later.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.inventory.counters import NAMES
from services.inventory.models import Service, ServiceCounters
from shared.contracts import inventory
from shared.db.company_walk import companies_after
from shared.db.paging import MAX_BATCH, check_limit


def rebuild_counters(
    db: Session, request: inventory.upkeep.RebuildCounters
) -> inventory.upkeep.RebuiltCounters:
    """Rebuild the counters of one company, or of the next few, by their ids.

    Raises:
        InvalidInput: ``bad_limit`` with ``max_limit``.
    """
    check_limit(request.limit, MAX_BATCH)
    if request.company_id is not None:
        _rebuild(db, request.company_id)
        return inventory.upkeep.RebuiltCounters(count=1, last_company_id=None)
    models = (Service, ServiceCounters)
    companies = companies_after(db, models, request.after_company_id, request.limit)
    for company_id in companies:
        _rebuild(db, company_id)
    is_full = len(companies) == request.limit
    return inventory.upkeep.RebuiltCounters(
        count=len(companies), last_company_id=companies[-1] if is_full else None
    )


def _rebuild(db: Session, company_id: UUID) -> None:
    locked = _lock(db, company_id)
    # A separate statement, which sees what was committed before the lock.
    counted = _count(db, company_id)
    for family_code in locked:
        numbers = dict.fromkeys(NAMES, 0) | counted.get(family_code, {})
        db.execute(
            update(ServiceCounters)
            .where(
                ServiceCounters.company_id == company_id,
                ServiceCounters.family_code == family_code,
            )
            .values(numbers)
        )


def _lock(db: Session, company_id: UUID) -> Sequence[str]:
    """Lock the company's counters in the order in which changes do.

    Rows that are missing are made first: what isn't there can't be locked. A family
    whose first service is on its way meanwhile is left to that change.
    """
    families = db.scalars(
        select(Service.family_code)
        .where(Service.company_id == company_id)
        .distinct()
        .order_by(Service.family_code)
    ).all()
    if families:
        rows = [
            {"company_id": company_id, "family_code": code} | dict.fromkeys(NAMES, 0)
            for code in families
        ]
        db.execute(insert(ServiceCounters).values(rows).on_conflict_do_nothing())
    return db.scalars(
        select(ServiceCounters.family_code)
        .where(ServiceCounters.company_id == company_id)
        .order_by(ServiceCounters.family_code)
        .with_for_update()
    ).all()


def _count(db: Session, company_id: UUID) -> dict[str, dict[str, int]]:
    """Return how many services the company has, by family and counter."""
    requested = func.count(Service.termination_requested_at)
    rows = db.execute(
        select(Service.family_code, Service.state, func.count(), requested)
        .where(Service.company_id == company_id)
        .group_by(Service.family_code, Service.state)
    )
    counted: dict[str, dict[str, int]] = {}
    for family_code, state, number, of_them_requested in rows:
        numbers = counted.setdefault(family_code, {"termination_requested": 0})
        numbers[state.value] = number
        numbers["termination_requested"] += of_them_requested
    return counted
