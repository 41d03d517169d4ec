"""What every change of a service leaves: a version, history, counters, an event."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from services.inventory import counters, models
from services.inventory.catalogue import get_family
from services.inventory.lifecycle.states import LIVE
from services.inventory.prices import price_text
from services.inventory.views import outbox_event, view
from shared.contract import Event
from shared.contracts import inventory
from shared.contracts.actors import actor_of
from shared.contracts.inventory.services import ServiceState, TerminationTime
from shared.contracts.notes import Note
from shared.errors import NotFound
from shared.money import Money
from shared.rpc.call import Call
from shared.rpc.change import Change

FIRST_VERSION = 1

Difference = tuple[str, str | None, str | None]
"""What, before and after, as a history row has them."""


@dataclass(frozen=True)
class Snapshot:
    """What of a service is kept in history and counted."""

    company_id: UUID
    name: str
    family_code: str
    plan: tuple[str, str]
    price: Money
    state: ServiceState
    termination_time: TerminationTime | None

    @classmethod
    def of(cls, service: models.Service) -> "Snapshot":
        return cls(
            company_id=service.company_id,
            name=service.name,
            family_code=service.family_code,
            plan=(service.plan_code, service.plan_name),
            price=service.money,
            state=service.state,
            termination_time=service.termination_time,
        )

    @property
    def counters(self) -> list[str]:
        """The names of the counters that count the service."""
        mark = ["termination_requested"] if self.termination_time else []
        return [self.state.value, *mark]


def differences(before: Snapshot, after: Snapshot) -> Iterator[Difference]:
    """Yield the history rows between two snapshots of one service."""
    if before.company_id != after.company_id:
        yield "company", None, None
    if before.name != after.name:
        yield "name", before.name, after.name
    if before.plan != after.plan:
        yield "plan", before.plan[1], after.plan[1]
    if before.price != after.price:
        yield "price", price_text(before.price), price_text(after.price)
    if before.state is not after.state:
        yield "state", before.state.value, after.state.value
    # The end of a service ends its termination request, too.
    if before.termination_time is not after.termination_time and after.state in LIVE:
        yield (
            "termination_request",
            _value(before.termination_time),
            _value(after.termination_time),
        )


@dataclass(frozen=True)
class ServiceChange:
    """A changed service and its event; ``before`` is None when it is new."""

    service: models.Service
    family_name: str
    before: Snapshot | None
    event: Event[inventory.services.Service]

    @property
    def companies(self) -> set[UUID]:
        """Whose history has the change: of a handover, that of both companies."""
        earlier = self.before.company_id if self.before else self.service.company_id
        return {earlier, self.service.company_id}

    def differences(self) -> list[Difference]:
        if self.before is None:
            return [("state", None, self.service.state.value)]
        return list(differences(self.before, Snapshot.of(self.service)))


def lock_service(change: Change, service_id: UUID) -> tuple[Change, models.Service]:
    """Read a service and keep others from changing it until the commit.

    Returns the change as of then, too: so the times of a service's changes have the
    order of its versions.

    Raises:
        NotFound: ``no_such_service``.
    """
    query = select(models.Service).where(models.Service.id == service_id)
    service = change.db.scalar(query.with_for_update())
    if service is None:
        raise NotFound("no_such_service")
    return change.as_of_now(), service


def finish(
    change: Change,
    service: models.Service,
    before: Snapshot | None,
    note: Note,
    event: Event[inventory.services.Service],
) -> inventory.services.Service:
    """Keep changes and write their event; do nothing without changes."""
    family_name = get_family(change.db, service.family_code).name
    changed = ServiceChange(service, family_name, before, event)
    if changed.differences():
        if before is not None:
            service.version += 1
        counters.move(change.db, finish_all(change, [changed], note))
    return view(service, family_name)


def finish_all(
    change: Change, changed: Sequence[ServiceChange], note: Note
) -> counters.Moves:
    """Keep changed services with their history rows, and write their events.

    Their versions have been counted up. Returns how the counters are to move.
    """
    change.db.add_all(each.service for each in changed)
    change.db.flush()
    rows = [row for each in changed for row in _history(change.call, each, note)]
    if rows:
        change.db.execute(insert(models.HistoryRow), rows)
    events = (
        outbox_event(each.event, each.service, each.family_name) for each in changed
    )
    change.emit_all(*events)
    return _moves(changed)


def _history(
    call: Call, changed: ServiceChange, note: Note
) -> Iterator[dict[str, Any]]:
    for what, before, after in changed.differences():
        for company_id in changed.companies:
            yield {
                "company_id": company_id,
                "service_id": changed.service.id,
                "at": call.now,
                "what": what,
                "before": before,
                "after": after,
                "who": call.principal.name,
                **actor_of(call.principal).columns,
                "why": note.as_written,
                **note.columns,
            }


def _moves(changed: Iterable[ServiceChange]) -> counters.Moves:
    moves = counters.Moves()
    for each in changed:
        for snapshot, number in ((each.before, -1), (Snapshot.of(each.service), 1)):
            if snapshot is not None:
                for name in snapshot.counters:
                    moves[snapshot.company_id, snapshot.family_code, name] += number
    return moves


def _value(time: TerminationTime | None) -> str | None:
    return time.value if time else None
