"""What every change of a service leaves: a version, history, counters, an event."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from services.inventory import counters, models
from services.inventory.catalogue import get_family
from services.inventory.lifecycle.states import LIVE
from services.inventory.prices import price_text
from services.inventory.views import view
from shared.contract import Event
from shared.contracts import inventory as contract
from shared.contracts.inventory import ServiceState, TerminationTime
from shared.db.events import News, record_all
from shared.errors import NotFound
from shared.money import Money
from shared.rpc.service import Call
from shared.runtime import Runtime
from shared.text import clean_line

FIRST_VERSION = 1
MAX_REASON_LENGTH = 500

IMPORTED = "Imported from a file"
"""Why, in the history of what an import changed."""

Difference = tuple[str, str | None, str | None]
"""What, before and after, as a history row has them."""


@dataclass(frozen=True)
class Standing:
    """What of a service is kept in history and counted."""

    name: str
    family_code: str
    plan: tuple[str, str]
    price: Money
    state: ServiceState
    termination_time: TerminationTime | None

    @classmethod
    def of(cls, service: models.Service) -> "Standing":
        return cls(
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


def differences(before: Standing, after: Standing) -> Iterator[Difference]:
    """The history rows between two standings of one service."""
    if before.name != after.name:
        yield "name", before.name, after.name
    if before.plan != after.plan:
        yield "plan", before.plan[1], after.plan[1]
    if before.price != after.price:
        yield "price", price_text(before.price), price_text(after.price)
    if before.state is not after.state:
        yield "state", before.state.value, after.state.value
    # What ends a service ends its termination request too: its state says so.
    if before.termination_time is not after.termination_time and after.state in LIVE:
        yield (
            "termination_request",
            _value(before.termination_time),
            _value(after.termination_time),
        )


@dataclass(frozen=True)
class Told:
    """One changed service of many; ``before`` is None when it is new."""

    service: models.Service
    family_name: str
    before: Standing | None
    event: Event[contract.Service]

    def differences(self) -> list[Difference]:
        if self.before is None:
            return [("state", None, self.service.state.value)]
        return list(differences(self.before, Standing.of(self.service)))


@dataclass(frozen=True)
class Change:
    """An operator's change, in its transaction."""

    db: Session
    runtime: Runtime
    call: Call

    def lock(self, service_id: UUID) -> models.Service:
        """Read a service and keep others from changing it until the commit.

        Raises:
            NotFound: ``no_such_service``.
        """
        query = select(models.Service).where(models.Service.id == service_id)
        service = self.db.scalar(query.with_for_update())
        if service is None:
            raise NotFound("no_such_service")
        return service

    def finish(
        self,
        service: models.Service,
        before: Standing | None,
        why: str,
        event: Event[contract.Service],
    ) -> contract.Service:
        """Keep what was changed and tell of it; nothing when nothing was.

        Raises:
            InvalidInput: ``bad_reason``.
        """
        family_name = get_family(self.db, service.family_code).name
        told = Told(service, family_name, before, event)
        if told.differences():
            reason = clean_line(why, MAX_REASON_LENGTH, code="bad_reason")
            if before is not None:
                service.version += 1
            counters.move(self.db, self.tell_all([told], reason))
        return view(service, family_name)

    def tell_all(self, told: Sequence[Told], why: str) -> counters.Moves:
        """Keep changed services with their history rows, and write their events.

        Their versions have been counted up. Returns how the counters are to move.
        """
        self.db.add_all(each.service for each in told)
        self.db.flush()
        rows = [row for each in told for row in self._history(each, why)]
        if rows:
            self.db.execute(insert(models.HistoryRow), rows)
        news = [
            News(
                each.event,
                view(each.service, each.family_name),
                company_id=each.service.company_id,
                version=each.service.version,
            )
            for each in told
        ]
        record_all(self.db, self.runtime, news, self.call.request_id)
        return _moves(told)

    def _history(self, told: Told, why: str) -> Iterator[dict[str, Any]]:
        for what, before, after in told.differences():
            yield {
                "company_id": told.service.company_id,
                "service_id": told.service.id,
                "at": self.call.now,
                "what": what,
                "before": before,
                "after": after,
                "who": self.call.principal.name,
                "why": why,
            }


def _moves(told: Iterable[Told]) -> counters.Moves:
    moves = counters.Moves()
    for each in told:
        company_id = each.service.company_id
        for standing, number in ((each.before, -1), (Standing.of(each.service), 1)):
            if standing is not None:
                for name in standing.counters:
                    moves[company_id, standing.family_code, name] += number
    return moves


def _value(time: TerminationTime | None) -> str | None:
    return time.value if time else None
