"""Separate companies: restrict a session to the rows of its company.

Each query on a `CompanyOwned` model is narrowed to the session's company, and each row
written must have its id. SQL as text and bare tables can't be narrowed and are refused.
To find these inside queries on models, the resulting SQL is also checked.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Select, TextClause
from sqlalchemy.dialects import postgresql
from sqlalchemy.event import listens_for
from sqlalchemy.orm import (
    FromStatement,
    Mapped,
    Mapper,
    ORMExecuteState,
    Session,
    UOWTransaction,
    mapped_column,
    with_loader_criteria,
)
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import TextualSelect

from shared.db import tables

COMPANY = "company_id"

_NARROWED = "is_narrowed"
_MENTION = re.compile(
    r"""(?:\b(?:FROM|JOIN|UPDATE|USING)|,) \s+ (?:ONLY\s+)? \(? "?(\w+)"?
    (?:\s+AS\s+"?(\w+)"?)? (?![\w.("])""",
    re.VERBOSE | re.IGNORECASE,
)
"""A table that a statement reads or changes, and its alias. INSERT INTO is none: what
is inserted is checked by its values."""


class CompanyOwned:
    """Mixin for models whose rows belong to one company."""

    company_id: Mapped[UUID] = mapped_column()


class WrongCompanyError(RuntimeError):
    """A bug: code for one company tried to access another's rows."""


class ScopedSession(Session):
    """A session whose scope (``info[COMPANY]``: a company, or None) is fixed."""


@listens_for(ScopedSession, "do_orm_execute")
def _guard(state: ORMExecuteState) -> None:
    company_id = state.session.info[COMPANY]
    if company_id is None or state.is_column_load:
        return
    if not _can_be_narrowed(state):
        raise WrongCompanyError("SQL that can't be narrowed to a company")
    if state.is_insert or state.is_update:
        _check_written_ids(state, company_id)
    state.update_execution_options(**{_NARROWED: True})
    state.statement = state.statement.options(
        with_loader_criteria(
            CompanyOwned,
            lambda model: model.company_id == company_id,
            include_aliases=True,
            # For joined loads. All others come through here themselves, also those
            # that start from rows which no narrowed query has brought.
            propagate_to_loaders=True,
        )
    )


def _can_be_narrowed(state: ORMExecuteState) -> bool:
    statement = state.statement
    if isinstance(statement, TextClause | TextualSelect | FromStatement):
        return False
    if state.is_update and state.parameters:
        return False  # an update by primary keys, which the ORM doesn't narrow
    if state.is_orm_statement:
        return True
    # Tables of outbox and idempotency, or no table at all.
    return all(
        getattr(table, "metadata", None) is tables.metadata
        for table in _tables(statement)
    )


def _tables(statement: Any) -> Iterable[Any]:
    if isinstance(statement, UpdateBase):
        return [getattr(statement, "table", None)]
    if isinstance(statement, Select):
        return statement.get_final_froms()
    return [None]


@listens_for(Engine, "before_cursor_execute")
def _refuse_unscoped(
    _connection: Any,
    _cursor: Any,
    statement: str,
    _parameters: Any,
    context: Any,
    _executemany: bool,  # noqa: FBT001
) -> None:
    if context is None or not context.execution_options.get(_NARROWED):
        return
    if missed := _not_narrowed(statement):
        raise WrongCompanyError(f"SQL that is not narrowed on {', '.join(missed)}")


@lru_cache(maxsize=2_000)
def _not_narrowed(statement: str) -> list[str]:
    """The companies' tables that a statement mentions more often than it narrows."""
    owned = _company_columns()
    mentions: Counter[tuple[str, str]] = Counter()
    for table, alias in _MENTION.findall(statement):
        if table in owned:
            mentions[table, alias or table] += 1
    return [
        table
        for (table, name), number in mentions.items()
        if number > len(re.findall(_scope_pattern(name, owned[table]), statement))
    ]


def _scope_pattern(name: str, columns: Iterable[str]) -> str:
    return rf"""\b{name}"?\.(?:{"|".join(columns)}) = %\("""


def _company_columns() -> Mapping[str, set[str]]:
    """Return the column of each company's table that has the company's id.

    Services that run in one process may have tables of the same name.
    """
    columns = defaultdict(set)
    waiting = list(CompanyOwned.__subclasses__())
    while waiting:
        model: Any = waiting.pop()
        waiting += model.__subclasses__()
        columns[model.__table__.name].add(model.__mapper__.columns[COMPANY].name)
    return columns


def _check_written_ids(state: ORMExecuteState, company_id: UUID) -> None:
    mapper = state.bind_mapper
    if mapper is None or not issubclass(mapper.class_, CompanyOwned):
        return
    written = list(_written_ids(state, mapper))
    if state.is_insert and not written:
        raise WrongCompanyError(f"{mapper.class_.__name__} of no known company")
    if any(value != company_id for value in written):
        raise WrongCompanyError(f"{mapper.class_.__name__} of another company")


def _written_ids(state: ORMExecuteState, mapper: Mapper[Any]) -> Iterator[Any]:
    """Yield the company ids among the values that a statement writes."""
    if state.parameters:
        rows = state.parameters
        for row in [rows] if isinstance(rows, Mapping) else rows:
            yield row.get(COMPANY)
        return
    column = mapper.columns[COMPANY].name
    statement: Any = state.statement
    dialect: Any = postgresql.dialect  # untyped
    compiled = statement.compile(dialect=dialect())
    for name, value in compiled.params.items():
        # Rows after the first have a number behind the column's name.
        if name == column or name.startswith(f"{column}_m"):
            yield value


@listens_for(ScopedSession, "before_flush")
def _refuse_other_companies(
    session: Session, _context: UOWTransaction, _instances: object
) -> None:
    company_id = session.info[COMPANY]
    if company_id is None:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, CompanyOwned) and row.company_id != company_id:
            raise WrongCompanyError(f"{type(row).__name__} of another company")
