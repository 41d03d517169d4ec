"""Work on all companies, one after the other, in batches that can be told apart."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.db.company_scope import CompanyOwned


def companies_after(
    session: Session,
    models: Sequence[type[CompanyOwned]],
    after: UUID | None,
    limit: int,
) -> list[UUID]:
    """The next companies, by id, that have a row of any of the models.

    Each is looked up in an index that begins with the company, so it costs the same
    whether the one before it has ten rows or a hundred thousand.
    """
    companies: list[UUID] = []
    while len(companies) < limit:
        found = _next(session, models, after)
        if found is None:
            break
        companies.append(found)
        after = found
    return companies


def _next(
    session: Session, models: Sequence[type[CompanyOwned]], after: UUID | None
) -> UUID | None:
    nearest: list[UUID] = []
    for model in models:
        column: Any = model.company_id
        query = select(column).order_by(column).limit(1)
        if after is not None:
            query = query.where(column > after)
        nearest += session.scalars(query)
    return min(nearest, default=None)
