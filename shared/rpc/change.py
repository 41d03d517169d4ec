"""The context of a change: its transaction and its call."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from shared.contract import BodyT, Event
from shared.db.events import OutboxEvent, raise_epoch, write_outbox
from shared.rpc.call import Call
from shared.runtime import Runtime


@dataclass(frozen=True)
class Change:
    """A change in its transaction, and the call it is made for."""

    db: Session
    runtime: Runtime
    call: Call

    def as_of_now(self) -> "Change":
        """Return the change with the present as its time.

        For what has been locked: the call may have waited for others, and what it does
        comes after what they did.
        """
        call = replace(self.call, now=self.runtime.clock.now())
        return replace(self, call=call)

    def begin_replay(self) -> None:
        """Make receivers accept everything sent from now on, whatever they have."""
        raise_epoch(self.db, self.call.now)

    def emit(
        self, event: Event[BodyT], body: BodyT, *, company_id: UUID, version: int
    ) -> None:
        """Write an event to the outbox: the full state after the change."""
        self.emit_all(OutboxEvent(event, body, company_id, version))

    def emit_all(self, *events: OutboxEvent[Any]) -> None:
        """Write several events to the outbox at once, in order."""
        write_outbox(self.db, self.runtime, self.call.request_id, events)
