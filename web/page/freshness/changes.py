"""When companies changed and sessions ended, as events say.

A block that was read after the last change is still current, without a call. The
answer is "unknown" for everything asked for while events could be missed: before this
process listened, or while its link to the broker was down.

A principal lives on for minutes after its session has ended: the list of ended sessions
keeps it from being used, as `rights` does where a person may do less.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from shared.clock import Clock
from shared.contract import ACTIVITY_RECORDED
from shared.contracts.identity.notices import NOTICES_CHANGED
from shared.contracts.identity.signing_in import SESSION_REVOKED
from web.page.freshness import rights
from web.page.freshness.rights import Rights

CAPACITY = 20_000
"""Companies and sources kept; of those dropped, nothing old counts as unchanged.

As many sessions are kept, of which those that ended last.
"""

SETTLING = timedelta(seconds=4)
"""For how long after an event what is read may not show it yet.

Billing receives inventory's event when we do, and needs a moment to apply it.
"""

NOTED_FOR = timedelta(seconds=1)
"""For how long after an event further ones of its company and source are ignored.

The last one has to settle, too, so `SETTLING` includes this time.
"""

_Key = tuple[str, UUID]

_REVOKED = (SESSION_REVOKED.source, SESSION_REVOKED.name)
_NOTICES = (NOTICES_CHANGED.source, NOTICES_CHANGED.name)


class _Subject(msgspec.Struct):
    session_id: UUID | None = None
    user_id: UUID | None = None


class _Event(msgspec.Struct):
    source: str
    company_id: UUID
    name: str = ""
    version: int = 0
    body: msgspec.Raw = msgspec.Raw(b"{}")

    @property
    def type(self) -> tuple[str, str]:
        return self.source, self.name

    @property
    def subject(self) -> _Subject:
        """Raises `msgspec.MsgspecError` if it can't be read."""
        return msgspec.json.decode(self.body, type=_Subject)

    @property
    def key(self) -> _Key:
        """Whose news it is: a company's or, of notices, a person's."""
        about_person = self.subject.user_id if self.type == _NOTICES else None
        return self.source, about_person or self.company_id


_events = msgspec.json.Decoder(_Event)


class Changes:
    """Told by a follower of events, from its thread; asked by those that answer."""

    def __init__(self, clock: Clock, capacity: int = CAPACITY) -> None:
        self.rights = Rights(capacity)
        self._clock = clock
        self._capacity = capacity
        self._last: OrderedDict[_Key, datetime] = OrderedDict()
        self._ended_sessions: OrderedDict[UUID, None] = OrderedDict()
        self._complete_since: datetime | None = None
        self._lock = threading.Lock()

    def connected(self) -> None:
        """Expect every event from now on; earlier ones may still be settling."""
        with self._lock:
            self._complete_since = self._clock.now() + SETTLING

    def disconnected(self) -> None:
        """Expect to miss events from now on."""
        with self._lock:
            self._complete_since = None

    def is_news(self, body: bytes) -> bool:
        """Return whether an event adds anything to one received just before.

        That somebody did something never does: what it changed has its own event.
        """
        try:
            event = _events.decode(body)
            key = event.key
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return True
        if event.type == _REVOKED or event.type in rights.EVENTS:
            return True
        if event.name == ACTIVITY_RECORDED:
            return False
        with self._lock:
            last = self._last.get(key)
        return last is None or self._clock.now() - last >= NOTED_FOR

    def receive(self, body: bytes) -> None:
        """Receive an event as encoded. One that can't be read may concern anyone."""
        try:
            self._take(_events.decode(body))
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            self.connected()

    def _take(self, event: _Event) -> None:
        if event.name == ACTIVITY_RECORDED:
            return
        if event.type in rights.EVENTS:
            now = self._clock.now()
            self.rights.receive(event.type, event.version, event.body, now)
        if event.type == _REVOKED and (session_id := event.subject.session_id):
            self.end_session(session_id)
        self.note(*event.key)

    def end_session(self, session_id: UUID) -> None:
        """Let its principals be good no more."""
        with self._lock:
            self._ended_sessions[session_id] = None
            if len(self._ended_sessions) > self._capacity:
                self._ended_sessions.popitem(last=False)

    def has_ended(self, session_id: UUID) -> bool:
        """Whether a session is known to have ended before its time."""
        return session_id in self._ended_sessions

    def received_all_since(self, moment: datetime) -> bool:
        """Whether no event can have been missed since then."""
        with self._lock:
            return self._complete_since is not None and moment >= self._complete_since

    def note(self, source: str, subject_id: UUID) -> None:
        """Something of the company, or person, changed at this source."""
        with self._lock:
            self._last[source, subject_id] = self._clock.now()
            self._last.move_to_end((source, subject_id))
            if len(self._last) > self._capacity:
                _, forgotten = self._last.popitem(last=False)
                self._forget_until(forgotten + SETTLING)

    def unchanged_since(
        self, asked_at: datetime, subject_id: UUID, sources: Iterable[str]
    ) -> bool:
        """Whether these sources have not changed since then.

        The subject is a company or, for notices, a person.
        """
        with self._lock:
            if self._complete_since is None or asked_at < self._complete_since:
                return False
            last = (self._last.get((source, subject_id)) for source in sources)
            return all(at is None or at + SETTLING < asked_at for at in last)

    def _forget_until(self, moment: datetime) -> None:
        if self._complete_since is not None:
            self._complete_since = max(self._complete_since, moment)
