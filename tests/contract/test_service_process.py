"""The service's process: how it starts, stops, and loses its broker."""

from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import pika
import pytest
from structlog.testing import capture_logs

from launcher.machine.processes import wait_until
from shared.rpc.amqp.client import AmqpClient
from shared.rpc.client import CallContext, call
from shared.rpc.readiness import find_missing
from tests.contract.parcel import contract as c
from tests.contract.parcel.service import CLOCK_AHEAD_S
from tests.contract.world import PATIENCE_S
from tests.fixtures.breakable_link import BreakableLink, breakable_link_to
from tests.fixtures.principals import Principals
from tests.fixtures.service_processes import START_WITHIN_S, ServiceProcess

PATIENT = CallContext("test", timeout_s=PATIENCE_S)


@pytest.fixture
def client(own_process: ServiceProcess) -> Iterator[AmqpClient]:
    """On a connection of its own, that no test cuts."""
    with closing(AmqpClient(own_process.amqp_url)) as client:
        yield client


@pytest.fixture
def breakable_link(own_process: ServiceProcess) -> BreakableLink:
    assert own_process.breakable_link
    return own_process.breakable_link


def test_what_is_in_flight_is_finished_before_it_stops(
    own_process: ServiceProcess, client: AmqpClient
) -> None:
    own_process.start()
    in_flight = client.start(c.WAIT, c.Wait(seconds=0.5), PATIENT)
    wait_for_earlier_calls_to_arrive(client)

    own_process.tell_to_stop()

    assert in_flight.result(PATIENCE_S)
    assert own_process.wait_for_end() == 0
    # The broker knows that it is done: the next process won't do it again.
    assert unread(own_process) == 0


def test_it_may_start_before_the_broker_and_outlive_it(
    own_process: ServiceProcess,
    client: AmqpClient,
    breakable_link: BreakableLink,
    principals: Principals,
) -> None:
    breakable_link.cut()
    own_process.begin()
    assert wait_until(lambda: "broker_unreachable" in own_process.log, START_WITHIN_S)
    breakable_link.mend()
    own_process.wait_until_served()
    owner = CallContext(
        "test", principals.operator(uuid4()), str(uuid4()), timeout_s=PATIENCE_S
    )

    # Its connection goes while it works: the call comes again, and is done once.
    change = client.start(c.SEND_SLOWLY, c.Send(label="once"), owner)
    wait_for_earlier_calls_to_arrive(client)
    breakable_link.interrupt()

    assert change.result(PATIENCE_S).label == "once"
    own_process.wait_until_served()
    assert call(client, c.LIST_SENT, c.ListSent(), owner).labels == ["once"]
    assert wait_until(
        lambda: call(client, c.LIST_RECEIVED, c.ListSent(), owner).labels == ["once"],
        PATIENCE_S,
    )
    assert own_process.is_running


def test_it_may_start_before_its_database_and_says_when_that_is_away(
    own_process: ServiceProcess, client: AmqpClient
) -> None:
    with breakable_link_to(own_process.database_url) as database:
        own_process.database_url = database.url
        database.cut()
        own_process.begin()
        assert wait_until(
            lambda: "database_unreachable" in own_process.log, START_WITHIN_S
        )
        database.mend()
        own_process.wait_until_served()

        database.cut()

        reasons = find_missing(client, [c.CONTRACT], "test")
        assert reasons == {c.NAME: "database_unreachable"}
        database.mend()
        own_process.wait_until_served()
        assert own_process.is_running


def test_it_stops_at_once_while_the_broker_is_away(
    own_process: ServiceProcess, breakable_link: BreakableLink
) -> None:
    breakable_link.cut()
    own_process.begin()
    assert wait_until(lambda: "broker_unreachable" in own_process.log, START_WITHIN_S)

    own_process.tell_to_stop()

    assert own_process.wait_for_end() == 0


def test_a_clock_that_is_ahead_makes_no_call_late_and_is_named(
    own_process: ServiceProcess, client: AmqpClient
) -> None:
    own_process.settings = {CLOCK_AHEAD_S: "60"}

    with capture_logs() as logs:
        own_process.start()
        answer = call(client, c.ECHO, c.Values(text="in time"), PATIENT)

    assert answer.text == "in time"
    skew = next(each for each in logs if each["event"] == "clock_skew")
    assert skew["service"] == c.NAME
    assert skew["ahead_s"] == pytest.approx(60, abs=1)


def wait_for_earlier_calls_to_arrive(client: AmqpClient) -> None:
    """They come in the order they were sent in; this one is answered at once."""
    call(client, c.ECHO, c.Values(), PATIENT)


def unread(process: ServiceProcess) -> int:
    """How many calls wait to be received by the service."""
    parameters = pika.URLParameters(process.amqp_url)
    with closing(pika.BlockingConnection(parameters)) as connection:
        queue = connection.channel().queue_declare("rpc-parcel", passive=True)
        count: int = queue.method.message_count
        return count
