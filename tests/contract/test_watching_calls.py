"""What each client learns from its calls: whom to leave alone, and figures to watch."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import closing
from typing import Any

import pytest

from launcher.machine.processes import wait_until
from shared.contract import Nothing
from shared.errors import ContractError, RemoteFault, Unavailable
from shared.rpc.client import CallContext, ServiceClient
from tests.contract.parcel import contract as c
from tests.contract.world import PATIENCE_S, World

WORKERS = 10
PATIENT = CallContext("test", timeout_s=PATIENCE_S)
HASTY = CallContext("test", timeout_s=0.1)


@pytest.fixture
def client(world: World) -> Iterator[ServiceClient]:
    """One that has called nobody yet."""
    with closing(world.make_client()) as client:
        yield client


Figure = Callable[..., float]


@pytest.fixture
def figure(client: ServiceClient) -> Figure:
    """Reads one of the client's figures, by its name and labels."""

    def read(name: str, **labels: str) -> float:
        return client.figures.get_sample_value(name, labels) or 0

    return read


def occupy(client: ServiceClient, seconds: float) -> list[Future[Nothing]]:
    """Keep all workers of the service busy: it answers nobody for as long."""
    request = c.Wait(seconds=seconds)
    return [client.start(c.WAIT, request, PATIENT) for _ in range(WORKERS)]


def outcome(client: ServiceClient, context: CallContext) -> str:
    try:
        client.start(c.ECHO, c.Values(), context).result(PATIENCE_S)
    except Unavailable as error:
        return error.code
    return "ok"


def test_a_service_that_answers_nobody_is_left_alone_until_it_does(
    client: ServiceClient, figure: Figure
) -> None:
    assert outcome(client, PATIENT) == "ok"
    busy = occupy(client, seconds=2.5)

    rests = wait_until(
        lambda: outcome(client, HASTY) == "service_resting", PATIENCE_S / 2
    )

    assert rests
    assert figure("client_service_resting", service=c.NAME) == 1
    assert all(future.result(PATIENCE_S) for future in busy)
    # One answer was enough, though nobody waited for a trial.
    assert outcome(client, PATIENT) == "ok"
    assert figure("client_service_resting", service=c.NAME) == 0


def test_answers_that_come_too_late_show_that_the_service_is_alive(
    client: ServiceClient, figure: Figure
) -> None:
    def give_up() -> None:
        context = CallContext("test", timeout_s=0.25)
        late = client.start(c.WAIT, c.Wait(seconds=0.45), context)
        with pytest.raises(Unavailable) as caught:
            late.result(PATIENCE_S)
        assert caught.value.code == "deadline_exceeded"

    assert outcome(client, PATIENT) == "ok"
    # A service that was silent for as long would rest by then.
    for _ in range(10):
        give_up()

    assert figure("client_service_resting", service=c.NAME) == 0


def test_refusals_and_faults_are_answers(client: ServiceClient) -> None:
    for _ in range(20):
        for method in (c.FAIL, c.UNKNOWN):
            with pytest.raises((ContractError, RemoteFault)):
                client.start(method, c.Fail(), PATIENT).result(PATIENCE_S)

    assert outcome(client, PATIENT) == "ok"


def test_calls_are_counted_by_method_and_outcome(
    client: ServiceClient, figure: Figure
) -> None:
    def count(method: str, outcome: str) -> float:
        return figure("client_calls_total", method=method, outcome=outcome)

    refusal = c.Refuse(refusal="Conflict", code="not_now", parameters={})
    assert outcome(client, PATIENT) == "ok"
    futures: list[Future[Any]] = [
        client.start(c.ECHO, c.Values(), PATIENT),
        client.start(c.FAIL, c.Fail(), PATIENT),
        client.start(c.REFUSE, refusal, PATIENT),
        client.start(c.WAIT, c.Wait(seconds=0.3), HASTY),
    ]
    client.start(c.WAIT, c.Wait(seconds=0.3), PATIENT).cancel()

    wait(futures, PATIENCE_S)
    assert wait_until(lambda: count("parcel.wait", "deadline_exceeded") == 1, 1)
    assert count("parcel.echo", "ok") == 2
    assert count("parcel.fail", "fault") == 1
    assert count("parcel.refuse", "refused") == 1
    assert count("parcel.wait", "cancelled") == 1
    assert figure("client_call_seconds_count", method="parcel.echo") == 2


def test_a_call_that_is_not_sent_is_counted_and_not_timed(
    client: ServiceClient, figure: Figure
) -> None:
    client.close()

    assert outcome(client, PATIENT) == "client_closed"

    labels = {"method": "parcel.echo", "outcome": "client_closed"}
    assert figure("client_calls_total", **labels) == 1
    assert figure("client_call_seconds_count", method="parcel.echo") == 0


def test_the_calls_that_wait_are_counted(client: ServiceClient, figure: Figure) -> None:
    waiting = [client.start(c.WAIT, c.Wait(seconds=0.3), PATIENT) for _ in range(3)]

    assert figure("client_calls_pending") == 3

    assert all(future.result(PATIENCE_S) for future in waiting)
    assert wait_until(lambda: figure("client_calls_pending") == 0, PATIENCE_S)
