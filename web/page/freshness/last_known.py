"""The last data of blocks and pages, shown when their service does not answer.

Kept in this process, per user, company and role, and bounded; what it lacks, the other
workers of this machine may have.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.principal import Principal

CAPACITY = 5_000
PAGE_CAPACITY = 1_000
"""Pages hold more than blocks do, and there is one entry per address of a list."""


@dataclass(frozen=True)
class Known:
    value: Any
    at: datetime


Key = tuple[UUID, UUID | None, str, str]


class LastKnown:
    """``ask_others`` looks for what is not known here."""

    def __init__(
        self,
        capacity: int = CAPACITY,
        ask_others: Callable[[Key], Known | None] = lambda _key: None,
    ) -> None:
        self._ask_others = ask_others
        self._entries: OrderedDict[Key, Known] = OrderedDict()
        self._capacity = capacity
        self._lock = threading.Lock()

    def remember(
        self, principal: Principal, name: str, value: Any, at: datetime
    ) -> None:
        key = _key(principal, name)
        with self._lock:
            self._entries[key] = Known(value, at)
            self._entries.move_to_end(key)
            if len(self._entries) > self._capacity:
                self._entries.popitem(last=False)

    def find(self, principal: Principal, name: str) -> Known | None:
        key = _key(principal, name)
        return self.look(key) or self._ask_others(key)

    def look(self, key: Key) -> Known | None:
        """Like `find`, but here only."""
        with self._lock:
            return self._entries.get(key)


def _key(principal: Principal, name: str) -> Key:
    return (principal.user_id, principal.company_id, principal.role, name)
