"""Events reach their handlers, once each, in the same process and over RabbitMQ."""

from uuid import uuid4

from sqlalchemy import func, select, update

from launcher.machine.processes import wait_until
from shared.db.tables import outbox
from tests.contract.parcel.service import EVENTS_AT_ONCE, POISON, ReceivedParcel
from tests.contract.world import PATIENCE_S, World
from tests.fixtures.effects import locked
from tests.fixtures.service_processes import ServiceProcess


def test_an_event_is_relayed_and_processed(world: World) -> None:
    owner = world.owner()

    world.send("hello", owner)

    assert wait_until(lambda: world.received(owner) == ["hello"], PATIENCE_S)


def test_an_event_that_comes_twice_is_processed_once(world: World) -> None:
    owner = world.owner()
    world.send("first", owner)
    assert wait_until(lambda: world.received(owner) == ["first"], PATIENCE_S)

    relay_everything_again(world)
    world.send("last", owner)

    assert wait_until(lambda: "last" in world.received(owner), PATIENCE_S)
    assert wait_until(lambda: waiting(world) == 0, PATIENCE_S)
    assert sorted(world.received(owner)) == ["first", "last"]


def test_a_change_that_was_rolled_back_emits_no_event(world: World) -> None:
    before = recorded(world)
    owner, key = world.owner(), str(uuid4())
    world.send("kept", owner, key)

    world.send("kept", owner, key)

    # One for the parcel, and one for the act of who sent it.
    assert recorded(world) == before + 2


def test_waiting_events_are_processed_together_and_a_failing_one_harms_no_other(
    parcel_process: ServiceProcess, amqp_world: World
) -> None:
    owner = amqp_world.owner()
    labels = [str(number) for number in range(3 * EVENTS_AT_ONCE)]
    with locked(parcel_process.database_url, ReceivedParcel.__tablename__):
        for label in [*labels[:15], POISON, *labels[15:]]:
            amqp_world.send(label, owner)
        assert wait_until(lambda: waiting(amqp_world) == 0, PATIENCE_S)

    assert wait_until(
        lambda: sorted(amqp_world.received(owner)) == sorted(labels), PATIENCE_S
    )
    with amqp_world.database.system() as session:
        transactions = session.scalar(
            select(func.count(ReceivedParcel.transaction.distinct())).where(
                ReceivedParcel.label.in_(labels)
            )
        )
    # The poison's neighbours were each tried alone.
    assert transactions is not None
    assert transactions < 2 * EVENTS_AT_ONCE


def relay_everything_again(world: World) -> None:
    with world.database.system() as session:
        session.execute(update(outbox).values(relayed_at=None))


def waiting(world: World) -> int:
    count = select(func.count()).where(outbox.c.relayed_at.is_(None))
    with world.database.system() as session:
        return session.scalars(count).one()


def recorded(world: World) -> int:
    with world.database.system() as session:
        return session.scalars(select(func.count()).select_from(outbox)).one()
