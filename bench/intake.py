"""How fast billing takes in inventory's events, against PostgreSQL's bare inserts.

The events are written into inventory's outbox, so that their relay, the broker and the
handlers are all in the time. The bare side inserts the rows that came of it into the
same tables of a database of its own, each event's in a transaction.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from random import SystemRandom
from typing import Any
from uuid import UUID, uuid4

import psycopg2
from sqlalchemy import Connection, func, select

from bench.figures import Figure, at_least
from bench.site import Site, own_database
from launcher.machine.errors import LaunchError
from launcher.machine.processes import wait_until
from services.billing.models.charging import Subscription
from shared.clock import SystemClock
from shared.contracts import billing, inventory
from shared.contracts.inventory.services import Period, ServiceState
from shared.db.database import Database
from shared.db.events import OutboxEvent, write_outbox
from shared.db.tables import handled_events
from shared.money import Money, currency_of
from shared.runtime import Runtime

EVENTS = 5_000
COMPANIES = 100
GOAL = at_least(0.25)

_WITHIN_S = 600
_SUBSCRIPTIONS: Any = Subscription.__table__


def measure(site: Site) -> Iterator[Figure]:
    companies = [uuid4() for _ in range(COMPANIES)]
    services = [_service(companies[n % COMPANIES]) for n in range(EVENTS)]
    with closing(Database(site.database_url(billing.CONTRACT.name))) as database:
        processed_s = _process(site, database, services)
        with database.system() as session:
            rows = _rows(session.connection(), [each.id for each in services])
    bare_s = _insert_bare(site, rows)
    what = f"taking in {EVENTS:,} events of services: bare inserts, one by one"
    yield Figure(what, EVENTS / processed_s, EVENTS / bare_s, "/s", GOAL)


def _process(
    site: Site, database: Database, services: Sequence[inventory.services.Service]
) -> float:
    """Seconds from the commit of the events to that of the last one's rows."""
    runtime = Runtime(SystemClock(), SystemRandom())
    events = [
        OutboxEvent(inventory.services.SERVICE_ACTIVATED, each, each.company_id, 1)
        for each in services
    ]
    source = site.database_url(inventory.CONTRACT.name)
    with closing(Database(source)) as outbox, outbox.system() as session:
        write_outbox(session, runtime, "bench", events)
    started = time.perf_counter()
    wanted = [each.id for each in services]

    def is_done() -> bool:
        known = Subscription.service_id.in_(wanted)
        with database.system() as session:
            count = session.scalar(select(func.count()).where(known))
        return count == len(wanted)

    if not wait_until(is_done, _WITHIN_S):
        raise LaunchError("billing has not taken in all events")
    return time.perf_counter() - started


def _service(company_id: UUID) -> inventory.services.Service:
    now = SystemClock().now()
    return inventory.services.Service(
        id=uuid4(),
        company_id=company_id,
        reference="bench",
        name="bench",
        family_code="lxc",
        family_name="LXC",
        plan_code="lxc-s",
        plan_name="LXC S",
        state=ServiceState.ACTIVE,
        suspension_reason=None,
        price=Money(Decimal("4.99"), currency_of("EUR")),
        period=Period.MONTH,
        created_at=now,
        activated_at=now - timedelta(hours=1),
        state_since=now,
        termination_request=None,
    )


def _rows(
    connection: Connection, services: Sequence[UUID]
) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """What was written of each event: that it was handled, and the subscription.

    What billing added to sums and the wallets that it opened are left out.
    """
    handled = select(handled_events).order_by(handled_events.c.handled_at.desc())
    known = select(_SUBSCRIPTIONS).where(_SUBSCRIPTIONS.c.service_id.in_(services))
    pairs = zip(
        connection.execute(handled.limit(len(services))).mappings(),
        connection.execute(known).mappings(),
        strict=True,
    )
    return [(_plain(dict(one)), _plain(dict(other))) for one, other in pairs]


def _insert_bare(
    site: Site, rows: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]
) -> float:
    """Seconds that inserting them takes, each pair in a transaction of its own."""
    with own_database(site, billing.CONTRACT.name, "bench-intake") as url:
        connection = psycopg2.connect(url.replace("+psycopg2", ""))
        with closing(connection), connection.cursor() as cursor:
            started = time.perf_counter()
            for handled, subscription in rows:
                cursor.execute(_INSERT_HANDLED, handled)
                cursor.execute(_INSERT_SUBSCRIPTION, subscription)
                connection.commit()
            return time.perf_counter() - started


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """The values as psycopg2 takes them."""

    def plain(value: Any) -> Any:
        if isinstance(value, Enum):
            return value.value
        return str(value) if isinstance(value, UUID) else value

    return {name: plain(value) for name, value in row.items()}


def _insertion(table: Any) -> str:
    """An insert for psycopg2 that names all columns."""
    names = [column.name for column in table.columns]
    values = ", ".join(f"%({name})s" for name in names)
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({values})"


_INSERT_HANDLED = _insertion(handled_events)
_INSERT_SUBSCRIPTION = _insertion(_SUBSCRIPTIONS)
