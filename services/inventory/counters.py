"""Roll-ups: how many services a company has, by family and state.

They are moved in the transaction of each change, so they are exact at every commit.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.inventory import models
from services.inventory.models import ServiceCounters
from shared.contracts import inventory
from shared.contracts.inventory.reading import StateFilter
from shared.contracts.inventory.services import ServiceState

NAMES = (*(state.value for state in ServiceState), "termination_requested")

_MAX_DIFFERENCES = 1_000

Moves = Counter[tuple[UUID, str, str]]
"""By how much to move: company, family code and counter's name to a number."""


def move(db: Session, moves: Moves) -> None:
    """Add to the counters, always in the same order, to avoid deadlocks.

    To be called after the services concerned are locked.
    """
    changed = {key: number for key, number in moves.items() if number}
    for company_id, family_code in sorted({key[:2] for key in changed}):
        row = {name: changed.get((company_id, family_code, name), 0) for name in NAMES}
        start = insert(ServiceCounters).values(
            company_id=company_id, family_code=family_code, **row
        )
        sums = {name: start.excluded[name] + _column(name) for name in row}
        key = [ServiceCounters.company_id, ServiceCounters.family_code]
        db.execute(start.on_conflict_do_update(index_elements=key, set_=sums))


def dashboard(db: Session) -> inventory.reading.DashboardCounters:
    """Return the counters of the session's company, per family in the menu's order."""
    rows = db.execute(_OF_FAMILIES)
    return inventory.reading.DashboardCounters(
        families=[_view(family, counters) for family, counters in rows]
    )


def total(db: Session, state: StateFilter | None, family_code: str | None) -> int:
    """Return how many services of the session's company a list without search has."""
    query = select(func.coalesce(func.sum(sum(map(_column, _counted(state)))), 0))
    if family_code is not None:
        query = query.where(ServiceCounters.family_code == family_code)
    return int(db.scalar(query) or 0)


def differences(db: Session) -> list[str]:
    """Where the counters are not what the services say; empty when all is right."""
    rows = db.execute(text(_DIFFERENCES), {"limit": _MAX_DIFFERENCES})
    return [
        f"company {row.company_id}, family {row.family_code}: {row.name} "
        f"is {row.kept} and should be {row.true}"
        for row in rows
    ]


_LIVE = (ServiceState.PENDING, ServiceState.ACTIVE, ServiceState.SUSPENDED)


def _column(name: str) -> Any:
    return getattr(ServiceCounters, name)


# Put together once: that takes as long as to run it.
_OF_FAMILIES = (
    select(models.Family, ServiceCounters)
    .join(ServiceCounters, ServiceCounters.family_code == models.Family.code)
    .where(sum(_column(state.value) for state in _LIVE) > 0)
    .order_by(models.Family.position, models.Family.code)
)


def _counted(state: StateFilter | None) -> Iterable[str]:
    if state is None:
        return [live.value for live in _LIVE]
    if state is StateFilter.TERMINATION_REQUESTED:
        return ["termination_requested"]
    return [state.value]


def _view(
    family: models.Family, counters: ServiceCounters
) -> inventory.reading.FamilyCounters:
    return inventory.reading.FamilyCounters(
        code=family.code,
        name=family.name,
        icon=family.icon,
        position=family.position,
        pending=counters.pending,
        active=counters.active,
        suspended=counters.suspended,
        termination_requested=counters.termination_requested,
    )


_KEPT = " UNION ALL ".join(
    f"SELECT company_id, family_code, '{name}' AS name, {name} AS number "  # noqa: S608
    "FROM service_counters"
    for name in NAMES
)
_DIFFERENCES = f"""
WITH kept AS ({_KEPT}),
counted AS (
    SELECT company_id, family_code, state AS name, count(*) AS number
    FROM services GROUP BY company_id, family_code, state
    UNION ALL
    SELECT company_id, family_code, 'termination_requested', count(*)
    FROM services WHERE termination_requested_at IS NOT NULL
    GROUP BY company_id, family_code
)
SELECT company_id, family_code, name,
       coalesce(kept.number, 0) AS kept, coalesce(counted.number, 0) AS true
FROM kept FULL JOIN counted USING (company_id, family_code, name)
WHERE coalesce(kept.number, 0) <> coalesce(counted.number, 0)
ORDER BY company_id, family_code, name
LIMIT :limit
"""  # noqa: S608  made of our own counters' names
