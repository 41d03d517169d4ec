"""Who waits for whom inside PostgreSQL, seen from outside."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from psycopg2.extensions import connection

_WAITS = """
SELECT pid, pg_blocking_pids(pid), locktype, transactionid::text
FROM unnest(%s) AS pid
LEFT JOIN pg_locks AS locks USING (pid)
WHERE NOT locks.granted
"""


@dataclass
class Waits:
    """``blockers`` are by the process id of the backend that waits.

    ``crowds``: backends of which one must not be there, as all would be woken at once,
    and chance alone would decide who of them comes next: those that wait for the end
    of the same transaction, and whoever stands in line behind one that does.
    """

    blockers: dict[int, frozenset[int]] = field(default_factory=dict)
    crowds: list[set[int]] = field(default_factory=list)


class LockWatch:
    """``superuser`` is a connection that commits by itself."""

    def __init__(self, superuser: connection) -> None:
        self._superuser = superuser

    def read(self, pids: Iterable[int]) -> Waits:
        waits = Waits()
        by_transaction = defaultdict(set)
        with self._superuser.cursor() as cursor:
            cursor.execute(_WAITS, (list(pids),))
            for pid, blockers, kind, transaction in sorted(cursor.fetchall()):
                if blockers:
                    waits.blockers[pid] = frozenset(blockers)
                if kind == "tuple":
                    waits.crowds.append({pid})
                elif kind == "transactionid":
                    by_transaction[transaction].add(pid)
        waits.crowds += [pids for pids in by_transaction.values() if len(pids) > 1]
        return waits

    def cancel(self, pids: Iterable[int]) -> None:
        with self._superuser.cursor() as cursor:
            cursor.execute("SELECT pg_cancel_backend(unnest(%s))", (list(pids),))
