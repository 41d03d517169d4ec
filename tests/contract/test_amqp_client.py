"""The client over RabbitMQ when the broker or the service is not well."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from functools import partial
from uuid import uuid4

import pika
import pytest
from pika.frame import Method
from pika.spec import Connection

from launcher.machine.processes import wait_until
from shared.contract import Effect, Nothing
from shared.contracts import billing, identity, inventory
from shared.errors import Unavailable
from shared.rpc.amqp.client import AmqpClient
from shared.rpc.client import CallContext, call
from shared.rpc.messages import RPC_EXCHANGE
from shared.rpc.readiness import find_missing
from tests.contract.parcel import contract as c
from tests.contract.world import PATIENCE_S, World
from tests.fixtures.breakable_link import BreakableLink, breakable_link_to
from tests.fixtures.service_processes import ServiceProcess

WORKERS = 10
TRANSIENT, PERSISTENT = 1, 2
LONG_S = 3.0
"""How long a handler takes that must not be waited for."""
PATIENT = CallContext("test", timeout_s=PATIENCE_S)


@pytest.fixture
def breakable_link(parcel_process: ServiceProcess) -> Iterator[BreakableLink]:
    with breakable_link_to(parcel_process.amqp_url) as breakable_link:
        yield breakable_link


@pytest.fixture
def client(breakable_link: BreakableLink) -> Iterator[AmqpClient]:
    with closing(AmqpClient(breakable_link.url)) as client:
        yield client


def ends_with(code: str, ask: Callable[[], object]) -> bool:
    with pytest.raises(Unavailable) as caught:
        ask()
    return caught.value.code == code


def fails(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except Unavailable:
        return True
    return False


def echo(client: AmqpClient, timeout_s: float = PATIENCE_S) -> str:
    context = CallContext("test", timeout_s=timeout_s)
    return call(client, c.ECHO, c.Values(text="hello"), context).text


def test_the_first_call_waits_for_the_connection(client: AmqpClient) -> None:
    assert echo(client) == "hello"


def test_without_a_broker_calls_fail_long_before_their_deadline() -> None:
    # Nothing listens on the discard port.
    with closing(AmqpClient("amqp://guest:guest@127.0.0.1:9/")) as client:
        started = time.monotonic()
        assert ends_with("broker_unreachable", lambda: echo(client))
        assert ends_with("broker_unreachable", lambda: echo(client))

        assert time.monotonic() - started < PATIENCE_S / 4
        assert not client.is_connected()
        reasons = find_missing(client, [c.CONTRACT], "test")
        assert reasons == {c.NAME: "broker_unreachable"}


def test_a_lost_connection_ends_what_cannot_be_repeated(
    client: AmqpClient, breakable_link: BreakableLink
) -> None:
    echo(client)
    pending = client.start(c.WAIT, c.Wait(seconds=LONG_S), PATIENT)
    started = time.monotonic()

    breakable_link.cut()

    assert ends_with("connection_lost", lambda: pending.result(PATIENCE_S))
    assert time.monotonic() - started < LONG_S


def test_a_lost_connection_ends_everything_when_the_broker_stays_away(
    client: AmqpClient, breakable_link: BreakableLink, amqp_world: World
) -> None:
    echo(client)
    busy = occupy(amqp_world)
    reads = [client.start(c.ECHO, c.Values(), PATIENT) for _ in range(5)]
    started = time.monotonic()

    breakable_link.cut()

    for read in reads:
        assert ends_with("broker_unreachable", partial(read.result, PATIENCE_S))
    assert time.monotonic() - started < PATIENCE_S / 4
    assert all(future.result(PATIENCE_S) for future in busy)


def test_a_call_is_repeated_once_when_the_connection_comes_back_at_once(
    client: AmqpClient, breakable_link: BreakableLink, amqp_world: World
) -> None:
    echo(client)
    label, owner = str(uuid4()), amqp_world.owner()
    busy = occupy(amqp_world)
    read = client.start(c.ECHO, c.Values(text="again"), PATIENT)
    change = client.start(
        c.SEND, c.Send(label=label), CallContext("test", owner, label, PATIENCE_S)
    )

    breakable_link.interrupt()

    assert read.result(PATIENCE_S).text == "again"
    assert change.result(PATIENCE_S).label == label
    assert amqp_world.count_sent(label) == 1
    assert all(future.result(PATIENCE_S) for future in busy)


def test_the_client_reconnects_automatically(
    client: AmqpClient, breakable_link: BreakableLink
) -> None:
    echo(client)
    breakable_link.cut()
    assert wait_until(lambda: not client.is_connected(), PATIENCE_S)

    breakable_link.mend()

    assert wait_until(client.is_connected, PATIENCE_S)
    assert echo(client) == "hello"
    assert find_missing(client, [c.CONTRACT], "test") == {}


def test_while_the_broker_takes_nothing_more_calls_fail_at_once(
    client: AmqpClient, breakable_link: BreakableLink
) -> None:
    echo(client)
    pending = client.start(c.WAIT, c.Wait(seconds=LONG_S), PATIENT)

    breakable_link.say(Method(0, Connection.Blocked("low on memory")).marshal())

    assert ends_with("broker_unreachable", lambda: pending.result(PATIENCE_S))
    assert ends_with("broker_unreachable", lambda: echo(client))
    assert not client.is_connected()
    breakable_link.say(Method(0, Connection.Unblocked()).marshal())
    assert wait_until(lambda: not fails(lambda: echo(client)), PATIENCE_S)


def test_lost_connections_are_counted(
    client: AmqpClient, breakable_link: BreakableLink
) -> None:
    figure = client.figures.get_sample_value
    echo(client)
    assert figure("client_connected") == 1
    assert figure("client_connections_lost_total") == 0

    breakable_link.cut()

    assert wait_until(lambda: figure("client_connected") == 0, PATIENCE_S)
    breakable_link.mend()
    assert wait_until(client.is_connected, PATIENCE_S)
    assert figure("client_connected") == 1
    assert figure("client_connections_lost_total") == 1


def test_a_broker_that_is_away_is_not_held_against_the_services(
    client: AmqpClient, breakable_link: BreakableLink
) -> None:
    echo(client)
    breakable_link.cut()
    assert wait_until(lambda: not client.is_connected(), PATIENCE_S)
    for _ in range(20):
        assert not ends_with("service_resting", lambda: echo(client, timeout_s=0.1))

    breakable_link.mend()

    assert wait_until(client.is_connected, PATIENCE_S)
    assert echo(client) == "hello"


def test_no_more_calls_wait_than_allowed(parcel_process: ServiceProcess) -> None:
    with closing(AmqpClient(parcel_process.amqp_url, max_pending=2)) as client:
        waiting = [client.start(c.WAIT, c.Wait(seconds=0.5), PATIENT) for _ in range(2)]

        assert ends_with("too_many_calls", lambda: echo(client))

        assert all(future.result(PATIENCE_S) for future in waiting)
        assert echo(client) == "hello"


def test_a_call_that_is_cancelled_makes_room_for_another(
    parcel_process: ServiceProcess,
) -> None:
    with closing(AmqpClient(parcel_process.amqp_url, max_pending=1)) as client:
        client.start(c.WAIT, c.Wait(seconds=0.2), PATIENT).cancel()

        assert wait_until(lambda: client.pending_count == 0, PATIENCE_S)
        assert echo(client) == "hello"


def test_an_answer_that_comes_too_late_is_dropped(client: AmqpClient) -> None:
    echo(client)
    late = client.start(c.WAIT, c.Wait(seconds=0.2), CallContext("test", timeout_s=0.1))
    assert ends_with("deadline_exceeded", lambda: late.result(PATIENCE_S))

    call(client, c.WAIT, c.Wait(seconds=0.2), PATIENT)

    assert client.pending_count == 0


def test_a_message_expires_on_the_broker_with_its_deadline(
    parcel_process: ServiceProcess,
) -> None:
    parameters = pika.URLParameters(parcel_process.amqp_url)
    with (
        closing(pika.BlockingConnection(parameters)) as connection,
        closing(AmqpClient(parcel_process.amqp_url)) as client,
    ):
        channel = connection.channel()
        channel.queue_declare("rpc-asleep", exclusive=True)
        channel.queue_bind("rpc-asleep", RPC_EXCHANGE, "asleep.*")

        def waiting() -> int:
            queue = channel.queue_declare("rpc-asleep", passive=True)
            count: int = queue.method.message_count
            return count

        # Connected before, so that the call's time begins on the broker.
        assert wait_until(client.is_connected, PATIENCE_S)
        asleep = client.start(c.ASLEEP, c.Fail(), CallContext("test", timeout_s=LONG_S))
        assert wait_until(lambda: waiting() == 1, LONG_S)

        assert ends_with("deadline_exceeded", lambda: asleep.result(PATIENCE_S))

        assert wait_until(lambda: waiting() == 0, PATIENCE_S)


@pytest.mark.parametrize(
    ("effect", "carries_secret", "delivery_mode"),
    [
        (Effect.READ, False, TRANSIENT),
        (Effect.ONCE, False, TRANSIENT),
        (Effect.CHANGE, False, PERSISTENT),
        (Effect.CHANGE, True, TRANSIENT),
    ],
)
def test_only_changes_without_a_secret_reach_the_brokers_disk(
    parcel_process: ServiceProcess,
    effect: Effect,
    carries_secret: bool,  # noqa: FBT001
    delivery_mode: int,
) -> None:
    method = replace(c.ASLEEP, effect=effect, carries_secret=carries_secret)
    parameters = pika.URLParameters(parcel_process.amqp_url)
    with (
        closing(pika.BlockingConnection(parameters)) as connection,
        closing(AmqpClient(parcel_process.amqp_url)) as client,
    ):
        channel = connection.channel()
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, RPC_EXCHANGE, "asleep.*")

        client.start(method, c.Fail(), PATIENT)

        taken = channel.consume(queue, auto_ack=True, inactivity_timeout=PATIENCE_S)
        _method, properties, _body = next(taken)
        assert properties.delivery_mode == delivery_mode


def test_methods_that_take_a_password_or_token_are_known_as_secret() -> None:
    secrets = {"password", "token", "assertion"}
    taking = {
        method
        for contract in (identity.CONTRACT, inventory.CONTRACT, billing.CONTRACT)
        for method in contract.methods
        if secrets & set(method.request.__struct_fields__)
    }

    assert len(taking) >= 6
    assert all(method.carries_secret for method in taking)


def test_a_client_that_was_never_used_closes() -> None:
    AmqpClient("amqp://guest:guest@127.0.0.1:9/").close()


def test_closing_twice_is_not_an_error(client: AmqpClient) -> None:
    echo(client)

    client.close()
    client.close()

    assert ends_with("client_closed", lambda: echo(client))


def occupy(world: World) -> list[Future[Nothing]]:
    """Keep all workers of the service busy, so that other calls have to wait."""
    return [world.start(c.WAIT, c.Wait(seconds=1)) for _ in range(WORKERS)]
