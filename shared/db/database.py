"""Open transactions on a service's database.

Every session is opened either for one company or, in so many words, for the system, so
that a query without a company can't be written by accident (see `company_scope`).
"""

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import (
    InterfaceError,
    InvalidatePoolError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from shared.db.company_scope import (
    COMPANY,
    CompanyOwned,
    ScopedSession,
    WrongCompanyError,
)
from shared.errors import Unavailable
from shared.logs import describe

__all__ = [
    "POOL_SIZE",
    "CompanyOwned",
    "Database",
    "WrongCompanyError",
    "enum_by_value",
    "normalise_url",
    "note_event",
    "refused_while_unreachable",
]

POOL_SIZE = 12
"""At least the number of calls a service works on at once, or calls fail under load."""

_STATEMENT_TIMEOUT_MS = 15_000
_ALIVE_FOR_S = 1.0
"""A connection that was used so recently is not tried out before it is used again."""
_EVENTS_WAITING = "events_waiting"
_HAS_EVENTS = "has_events"


def enum_by_value(enum: type[Enum]) -> sa.Enum:
    """Return the column type of an enumeration: its values, as text of at most 40."""
    return sa.Enum(
        enum,
        native_enum=False,
        create_constraint=False,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )


class Database:
    def __init__(self, url: str, pool_size: int = POOL_SIZE) -> None:
        self.engine = _make_engine(url, pool_size)
        self.events_waiting = threading.Event()
        """Set by each commit that has written events, for the job that relays them."""

    @contextmanager
    def company(self, company_id: UUID) -> Iterator[Session]:
        """Provide a transaction that sees and writes one company's rows only.

        Commits when the block ends and rolls back when it raises.

        Raises:
            Unavailable: ``database_unreachable``; trying again later may help.
        """
        with self._begin(company_id) as session:
            yield session

    @contextmanager
    def system(self) -> Iterator[Session]:
        """Provide a transaction over all companies, for jobs and operators."""
        with self._begin(None) as session:
            yield session

    @contextmanager
    def _begin(self, company_id: UUID | None) -> Iterator[Session]:
        info = {COMPANY: company_id, _EVENTS_WAITING: self.events_waiting}
        session = ScopedSession(self.engine, expire_on_commit=False, info=info)
        with refused_while_unreachable(), session, session.begin():
            yield session

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def refused_while_unreachable() -> Iterator[None]:
    """Distinguish an unreachable database from a wrong query.

    Raises:
        Unavailable: ``database_unreachable``; trying again later may help.
    """
    try:
        yield
    except SQLAlchemyError as error:
        if _is_unreachable(error):
            raise Unavailable("database_unreachable", _reason(error)) from error
        raise


def note_event(session: Session) -> None:
    """Wake the relay once this session's transaction is committed."""
    session.info[_HAS_EVENTS] = True


def normalise_url(url: str) -> str:
    """Name the psycopg2 driver, which eventlet makes cooperative.

    SQLAlchemy 2.1 would take ``postgresql://`` to mean psycopg 3.
    """
    parsed = make_url(url)
    driver = parsed.set(drivername="postgresql+psycopg2")
    return driver.render_as_string(hide_password=False)


def _is_unreachable(error: SQLAlchemyError) -> bool:
    """Return whether the database is down, rather than the query wrong.

    A server that shuts down, starts up or has no room for another connection counts.
    """
    if isinstance(error, PoolTimeoutError):
        return True
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    code = getattr(error.orig, "pgcode", None)
    return code is None or code.startswith(("08", "53", "57P"))


def _reason(error: SQLAlchemyError) -> str:
    """Return the connection error's message, which has no rows, else the type."""
    failed = getattr(error, "orig", None)
    if failed is None or getattr(failed, "pgcode", None) is not None:
        return describe(error)
    return str(failed).strip()


def _make_engine(url: str, pool_size: int) -> Engine:
    engine = create_engine(
        normalise_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        # A failed query is logged: without what people typed into it.
        hide_parameters=True,
        connect_args={
            "connect_timeout": 3,
            "options": f"-c timezone=UTC -c statement_timeout={_STATEMENT_TIMEOUT_MS}",
        },
    )
    _try_out_idle_connections(engine)
    return engine


def _try_out_idle_connections(engine: Engine) -> None:
    """Replace connections that broke while they were idle.

    SQLAlchemy's own ``pool_pre_ping`` asks before each transaction, which is one in
    four of the round trips that a dashboard's call takes.
    """
    last_used = "last_used"

    @event.listens_for(engine, "checkin")
    def note(_connection: object, entry: ConnectionPoolEntry) -> None:
        entry.info[last_used] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def try_out(connection: Any, entry: ConnectionPoolEntry, _proxy: object) -> None:
        # A new connection has not been used, and is known to be good.
        used = entry.info.get(last_used, math.inf)
        if time.monotonic() - used < _ALIVE_FOR_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error


@event.listens_for(ScopedSession, "after_commit")
def _wake_relay(session: Session) -> None:
    if session.info.pop(_HAS_EVENTS, False):
        session.info[_EVENTS_WAITING].set()
