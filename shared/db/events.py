"""Events: written with their change, relayed in order, handled once."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic
from uuid import UUID

import msgspec
from sqlalchemy import case, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.contract import BodyT, Event
from shared.db.database import Database, note_event
from shared.db.given_rows import insert_given
from shared.db.tables import event_epoch, handled_events, outbox
from shared.errors import InvalidInput
from shared.runtime import Runtime
from shared.wire import from_wire, to_wire

RELAY_BATCH = 200
KEPT_FOR = timedelta(days=30)
"""Longer than a dead letter, which may come again, is kept."""
LARGE_KEPT_FOR = timedelta(days=1)
EPOCH_AHEAD = timedelta(days=1)
"""Later epochs are not believed: one of the far future would outlast every replay."""
_RELAY_LOCK = 0x6F7574626F78  # "outbox": one relay at a time per database


class Envelope(msgspec.Struct, Generic[BodyT], frozen=True, kw_only=True):
    """An event in transit. ``version`` grows with each change of one subject.

    ``company_id`` is whose event it is; ``at`` is when it happened. ``epoch`` is the
    source's when the event is sent.
    """

    id: UUID
    source: str
    name: str
    company_id: UUID
    version: int
    at: datetime
    request_id: str
    body: BodyT
    epoch: int = 0

    @property
    def order(self) -> tuple[int, int]:
        """The order of versions; receivers drop older ones."""
        return self.epoch, self.version


Confirm = Callable[[], None]
"""Waits until the broker has confirmed what was published."""

Publish = Callable[[str, Any], Confirm | None]
"""Sends an envelope (JSON values) under an event's name; None if it is safe already."""


@dataclass(frozen=True)
class OutboxEvent(Generic[BodyT]):
    """An event to write: the full state afterwards and its version."""

    event: Event[BodyT]
    body: BodyT
    company_id: UUID
    version: int


def write_outbox(
    session: Session,
    runtime: Runtime,
    request_id: str,
    events: Sequence[OutboxEvent[Any]],
) -> None:
    """Write events to the outbox, in order, in the change's transaction."""
    if not events:
        return
    now = runtime.clock.now()
    envelopes = (
        Envelope(
            id=runtime.new_id(),
            source=each.event.source,
            name=each.event.name,
            company_id=each.company_id,
            version=each.version,
            at=now,
            request_id=request_id,
            body=each.body,
        )
        for each in events
    )
    session.execute(
        outbox.insert(),
        [{"event_name": each.name, "envelope": to_wire(each)} for each in envelopes],
    )
    note_event(session)


def relay(database: Database, publish: Publish, now: datetime) -> int:
    """Publish waiting events in order, mark them, and return how many.

    Only one relay runs per database; another one returns 0 at once. A crash between
    publishing and marking publishes again: handlers take each event in once.
    """
    with database.system() as session:
        mine = session.scalar(select(func.pg_try_advisory_xact_lock(_RELAY_LOCK)))
        if not mine:
            return 0
        waiting = session.execute(
            select(outbox.c.position, outbox.c.event_name, outbox.c.envelope)
            .where(outbox.c.relayed_at.is_(None))
            .order_by(outbox.c.position)
            .limit(RELAY_BATCH)
        ).all()
        epoch = _epoch(session) if waiting else 0
        sent = [
            publish(row.event_name, row.envelope | {"epoch": epoch}) for row in waiting
        ]
        for confirm in filter(None, sent):
            confirm()
        positions = [row.position for row in waiting]
        if positions:
            session.execute(
                update(outbox)
                .where(outbox.c.position.in_(positions))
                .values(relayed_at=now)
            )
        return len(positions)


def raise_epoch(session: Session, now: datetime) -> None:
    """Make everything sent from now on newer than anything sent before.

    A replay begins with it, and so heals a receiver that has versions of a history
    which is not ours any more: one that a restored backup has lost, or a false one. The
    seconds since 1970 make it higher than the epochs that a backup has forgotten. One
    that a wrong clock has begun, which nobody believes, ends.
    """
    later = insert(event_epoch).values(id=1, epoch=int(now.timestamp()))
    following = case(
        (event_epoch.c.epoch > _last_epoch(now), later.excluded.epoch),
        else_=func.greatest(event_epoch.c.epoch + 1, later.excluded.epoch),
    )
    session.execute(
        later.on_conflict_do_update(index_elements=["id"], set_={"epoch": following})
    )


def _last_epoch(now: datetime) -> int:
    return int((now + EPOCH_AHEAD).timestamp())


def _epoch(session: Session) -> int:
    return session.scalar(select(event_epoch.c.epoch)) or 0


def record_new(
    session: Session,
    handler: str,
    envelopes: Sequence[Envelope[BodyT]],
    now: datetime,
) -> list[Envelope[BodyT]]:
    """Record events for ``handler``; return those that are new to it.

    They are written in the order of their ids, so that two processes with the same
    events can't deadlock.

    Raises:
        InvalidInput: ``malformed_message``; an event's epoch has not begun.
    """
    if any(each.epoch > _last_epoch(now) for each in envelopes):
        raise InvalidInput("malformed_message", "its epoch has not begun")
    by_id = {each.id: each for each in reversed(envelopes)}
    rows = [
        {"handler": handler, "event_id": event_id, "handled_at": now}
        for event_id in sorted(by_id)
    ]
    new = set(
        session.scalars(
            insert_given(handled_events, rows)
            .on_conflict_do_nothing()
            .returning(handled_events.c.event_id)
        )
    )
    return [each for each in envelopes if each.id in new and by_id[each.id] is each]


def forget_old_events(
    session: Session, now: datetime, events: Iterable[Event[Any]] = ()
) -> None:
    """Delete events relayed or handled more than thirty days ago.

    Of the service's ``events``, those that are large go after a day.
    """
    large = [event.name for event in events if event.is_large]
    session.execute(
        delete(outbox).where(
            or_(
                outbox.c.relayed_at < now - KEPT_FOR,
                outbox.c.event_name.in_(large)
                & (outbox.c.relayed_at < now - LARGE_KEPT_FOR),
            )
        )
    )
    session.execute(
        delete(handled_events).where(handled_events.c.handled_at < now - KEPT_FOR)
    )


def open_envelope(event: Event[BodyT], data: Any) -> Envelope[BodyT]:
    """Rebuild an envelope from the wire.

    Raises:
        InvalidInput: ``malformed_message``.
    """
    return from_wire(data, Envelope[event.body])  # type: ignore[name-defined]
