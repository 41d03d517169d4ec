"""When each company last changed, as far as this process has heard by events.

A block asked for after that still shows what is so, and needs no call to be told. The
answer is "unknown" for everything asked for while events could be missed: before this
process listened, or while its link to the broker was down.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from shared.clock import Clock

CAPACITY = 20_000
"""Companies and sources kept; of those dropped, nothing old counts as unchanged."""

SETTLING = timedelta(seconds=3)
"""For how long after an event what is read may not show it yet.

Billing hears of inventory's change when we do, and takes a moment to take it in.
"""

_Key = tuple[str, UUID]


class _Origin(msgspec.Struct):
    source: str
    company_id: UUID


_origins = msgspec.json.Decoder(_Origin)


class Changes:
    """Told by a follower of events, from its thread; asked by those that answer."""

    def __init__(self, clock: Clock, capacity: int = CAPACITY) -> None:
        self._clock = clock
        self._capacity = capacity
        self._last: OrderedDict[_Key, datetime] = OrderedDict()
        self._heard_since: datetime | None = None
        self._lock = threading.Lock()

    def begin(self) -> None:
        """From now on every event is heard; what came just before may yet settle."""
        with self._lock:
            self._heard_since = self._clock.now() + SETTLING

    def lose(self) -> None:
        """Events may be missed from now on."""
        with self._lock:
            self._heard_since = None

    def hear(self, body: bytes) -> None:
        """An event came, as it travels. One that can't be read may be anybody's."""
        try:
            origin = _origins.decode(body)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            self.begin()
            return
        self.note(origin.source, origin.company_id)

    def note(self, source: str, company_id: UUID) -> None:
        """Something of the company changed at this source."""
        with self._lock:
            self._last[source, company_id] = self._clock.now()
            self._last.move_to_end((source, company_id))
            if len(self._last) > self._capacity:
                _, forgotten = self._last.popitem(last=False)
                self._forget_until(forgotten + SETTLING)

    def unchanged_since(
        self, asked_at: datetime, company_id: UUID, sources: Iterable[str]
    ) -> bool:
        """Whether what was asked for then is what these sources would say now."""
        with self._lock:
            if self._heard_since is None or asked_at < self._heard_since:
                return False
            last = (self._last.get((source, company_id)) for source in sources)
            return all(at is None or at + SETTLING < asked_at for at in last)

    def _forget_until(self, moment: datetime) -> None:
        if self._heard_since is not None:
            self._heard_since = max(self._heard_since, moment)
