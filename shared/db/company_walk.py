"""Process all companies one by one, in batches."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.db.company_scope import CompanyOwned
from shared.db.database import Database


def companies_after(
    session: Session,
    models: Sequence[type[CompanyOwned]],
    after: UUID | None,
    limit: int,
) -> list[UUID]:
    """Return the next companies by id that have a row in any of the models.

    Each is looked up in an index that begins with the company, so it costs the same
    whether the one before it has ten rows or a hundred thousand.
    """
    return list(islice(companies_of(session, models, after), limit))


def companies_of(
    session: Session, models: Sequence[type[CompanyOwned]], after: UUID | None = None
) -> Iterator[UUID]:
    """Yield all companies by id that have a row in any of the models."""
    while (after := _next(session, models, after)) is not None:
        yield after


def walk_companies(
    database: Database, batch_after: Callable[[Session, UUID | None], Sequence[UUID]]
) -> Iterator[UUID]:
    """Yield companies by id, for work in separate transactions.

    Each batch of them is read in a transaction, which has ended before the work begins.
    """
    companies = _read(database, batch_after, None)
    while companies:
        yield from companies
        companies = _read(database, batch_after, companies[-1])


def _read(
    database: Database,
    batch_after: Callable[[Session, UUID | None], Sequence[UUID]],
    after: UUID | None,
) -> Sequence[UUID]:
    with database.system() as session:
        return batch_after(session, after)


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
