"""Makes each SQL statement of the services a place where the scheduler may step in."""

import re
import zlib
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from tests.simulation.scheduler import COMMIT, Crash, Scheduler, current_task

_TARGET = re.compile(r"\b(?:FROM|INTO|UPDATE) (\w+)|(\w+)\(")

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def stop_at_statements(engine: Engine, scheduler: Scheduler) -> None:
    """Have tasks stop before each statement on the engine, and before COMMIT."""

    def stop(connection: Connection, at: str) -> None:
        task = current_task()
        if task is None:
            return
        raw: Any = connection.connection.driver_connection
        task.backend_pid = raw.get_backend_pid()
        try:
            scheduler.pause(at)
        except Crash:
            # Its locks go now, and not when the server notices the closed connection.
            raw.rollback()
            scheduler.note_release()
            raise

    @event.listens_for(engine, "before_cursor_execute")
    def _before(
        connection: Connection,
        _cursor: Any,
        statement: str,
        parameters: Any,
        _context: Any,
        _many: bool,  # noqa: FBT001
    ) -> None:
        stop(connection, describe(statement, parameters))

    @event.listens_for(engine, "commit")
    def _commit(connection: Connection) -> None:
        stop(connection, COMMIT)
        scheduler.note_release()

    @event.listens_for(engine, "rollback")
    def _rollback(_connection: Connection) -> None:
        scheduler.note_release()

    @event.listens_for(engine, "after_cursor_execute")
    @event.listens_for(engine, "handle_error")
    @event.listens_for(engine, "checkin")
    def _after(*_arguments: Any) -> None:
        scheduler.back_from_database()

    @event.listens_for(engine, "do_connect")
    def _patience(
        _dialect: Any, _record: Any, _arguments: Any, parameters: dict[str, Any]
    ) -> None:
        # Nor is a busy machine a fault.
        parameters["connect_timeout"] = 60

    @event.listens_for(engine, "connect")
    def _connect(raw: Any, _record: Any) -> None:
        # A task may stand before the lock's release for as long as the seed likes.
        with raw.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
        raw.commit()


def describe(statement: str, parameters: Any) -> str:
    """A few words for the trace; the sum tells apart different parameters."""
    target = _TARGET.search(statement)
    words = [statement.split(maxsplit=1)[0]]
    if target:
        words.append(target[1] or target[2])
    if "FOR UPDATE" in statement:
        words.append("FOR UPDATE")
    if isinstance(parameters, dict):
        # Of many rows at once, their order is that of a set.
        parameters = sorted(parameters.items())
    shown = _ADDRESS.sub("", repr(parameters))
    return f"{' '.join(words)} {zlib.crc32(shown.encode()):08x}"
