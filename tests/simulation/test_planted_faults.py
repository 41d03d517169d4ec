"""The simulation finds what it is for: each fault here is planted, and found."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.billing.charging import subscriptions
from services.billing.models.charging import Subscription
from services.billing.parties.companies import lock_company
from services.inventory import models
from services.inventory.lifecycle import changes
from shared.db import events, idempotency
from shared.db.database import Database
from shared.db.events import Publish
from shared.db.tables import idempotency_keys, outbox
from shared.rpc.change import Change
from tests.simulation.conftest import Simulate
from tests.simulation.scheduler import Broken
from tests.simulation.world import START

SEEDS = range(1, 9)
MORE_SEEDS = range(1, 60)
"""For what takes two rare steps to meet."""

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]


def finding(simulation: Simulate, seeds: range = SEEDS) -> str:
    """What the first seed that fails has found, without its trace."""
    for seed in seeds:
        try:
            simulation(seed)
        except Broken as found:
            return str(found).partition("The last of")[0]
    pytest.fail(f"none of the seeds {seeds} finds it")


def test_a_handler_that_takes_an_event_in_twice_is_found(
    simulation: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        events, "record_new", lambda _session, _handler, envelopes, _now: envelopes
    )

    assert "billing has taken in" in finding(simulation)


def test_a_handler_that_lets_an_older_event_win_is_found(
    simulation: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply = subscriptions.apply_services

    def careless(news: Sequence[subscriptions.News]) -> None:
        for change, envelope in news:
            lock_company(change.db, envelope.body.company_id)
            change.db.execute(
                update(Subscription)
                .where(Subscription.service_id == envelope.body.id)
                .values(version=0)
            )
        apply(news)

    monkeypatch.setattr(subscriptions, "apply_services", careless)

    assert "subscription " in finding(simulation)


def test_a_relay_that_marks_events_before_it_publishes_them_is_found(
    simulation: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hasty(database: Database, publish: Publish, now: datetime) -> int:
        with database.system() as session:
            marked = update(outbox).where(outbox.c.relayed_at.is_(None))
            rows = session.execute(
                marked.values(relayed_at=now).returning(
                    outbox.c.position, outbox.c.event_name, outbox.c.envelope
                )
            ).all()
        for row in sorted(rows):
            publish(row.event_name, row.envelope)
        return len(rows)

    monkeypatch.setattr(events, "relay", hasty)

    found = finding(simulation, MORE_SEEDS)
    assert "None, should be" in found or ", told were " in found


def test_a_state_that_is_checked_outside_its_lock_is_found(
    simulation: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(change: Change, service_id: UUID) -> tuple[Change, models.Service]:
        wanted = select(models.Service).where(models.Service.id == service_id)
        return change, change.db.scalars(wanted).one()

    monkeypatch.setattr(changes, "lock_service", read)

    # Or the database meets it first, a request to end what has ended by then; or the
    # counters do, as one change of state is counted twice.
    found = finding(simulation)
    signs = ("is two things", "services_termination_state", "pending is -1")
    assert any(sign in found for sign in signs), found


def test_locks_taken_in_either_order_are_found(
    simulation: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = changes.lock_service

    def lock_all(change: Change, service_id: UUID) -> tuple[Change, models.Service]:
        locked = lock(change, service_id)
        every = select(models.Service.id)
        for other in change.db.scalars(every.order_by(models.Service.id)).all():
            wanted = every.where(models.Service.id == other)
            change.db.execute(wanted.with_for_update())
        return locked

    monkeypatch.setattr(changes, "lock_service", lock_all)

    assert "deadlock between inventory/" in finding(simulation, MORE_SEEDS)


def test_a_key_that_is_checked_before_it_is_taken_is_found(
    simulation: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(session: Session, key: idempotency.Key, _now: datetime) -> Any:
        wanted = select(idempotency_keys.c.result).where(idempotency._is(key))
        return session.scalar(wanted)

    def keep(session: Session, key: idempotency.Key, result: Any) -> None:
        row = {**vars(key), "result": result, "created_at": START}
        kept = insert(idempotency_keys).values(row)
        session.execute(kept.on_conflict_do_nothing())

    monkeypatch.setattr(idempotency, "claim", look)
    monkeypatch.setattr(idempotency, "keep_result", keep)

    assert "took effect 2 times" in finding(simulation)
