"""Whatever of a stack is killed or hangs: the page stands, and all comes back."""

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from launcher.demo.story import PASSWORD, PEOPLE
from launcher.machine.processes import wait_until
from tests.fixtures.customers import Customer, Look
from tests.fixtures.launches import (
    ONE_STACK,
    PROGRAMS,
    START_TIMEOUT_S,
    RunningStack,
    count_by_kind,
    environment_for,
    launch,
    log_of,
    var_below,
)
from tests.fixtures.properties import new_random

WORKERS = ONE_STACK["worker"]
VISITORS, LOOKS_AT_A_TIME = 4, 25
TOP_UP = {"net": "20", "currency": "EUR", "gateway": "bank_transfer"}

PAGE_WITHIN_S = 1.0
FULL_WITHIN_S = 5.0
PAGE_NEVER_ABOVE_S = 5.0
LOOKS = 5

BLOCKS_OF = {
    "identity": {"bell", "security"},
    "inventory": {"menu", "services"},
    "billing": {"balance", "recommended", "costs"},
}
BLOCKS = set.union(*BLOCKS_OF.values())
ALL_FRESH = dict.fromkeys(BLOCKS, "fresh")
# The bell only counts: it has no room to say when.
UNDATED = {"bell"}

ONE_IN_FULL = [
    pytest.param("identity", marks=pytest.mark.fault),
    pytest.param("inventory", marks=pytest.mark.fault),
    pytest.param("billing", marks=pytest.mark.full),
]

# Two stacks at a time would be too much for a small machine.
pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """One for all tests, as it takes long to start; each leaves it ready."""
    environment = environment_for(var_below(tmp_path_factory.mktemp("stack")))
    running = RunningStack(environment)
    launcher = launch("stack", environment)
    try:
        assert launcher.wait(START_TIMEOUT_S) == 0, log_of(running.var)
        yield running
    finally:
        launcher.kill()
        launcher.wait()
        launch("stack-stop", environment).wait(START_TIMEOUT_S)


@pytest.fixture
def customer(stack: RunningStack) -> Iterator[Customer]:
    """Signed in, and has seen the whole dashboard just now."""
    stack.wait_until_ready()
    with Customer(stack.url) as customer:
        customer.log_in(PEOPLE[0].email, PASSWORD)
        # Not held to its time: nothing is away yet, and a fresh stack warms up.
        assert wait_until(lambda: customer.look().states == ALL_FRESH, START_TIMEOUT_S)
        yield customer


def sees(
    customer: Customer, states: dict[str, str], within_s: float = FULL_WITHIN_S
) -> bool:
    """Whether the dashboard comes to look like that."""
    return wait_until(lambda: look(customer).states == states, within_s)


def look(customer: Customer) -> Look:
    seen = customer.look()
    assert seen.status == 200, seen.html
    assert seen.seconds < PAGE_NEVER_ABOVE_S
    # A neighbour may be late for once, but never without its figures.
    assert set(seen.states.values()) <= {"fresh", "stale"}
    return seen


def assert_stands(customer: Customer, without: set[str]) -> None:
    """The blocks of what is away say what was last known and when; others are full.

    Pages come within their time one after the other, once the machine has it.
    """
    expected = ALL_FRESH | dict.fromkeys(without, "stale")
    assert sees(customer, expected)
    seen: list[Look] = []

    def all_are_quick() -> bool:
        seen[:] = [look(customer) for _ in range(LOOKS)]
        for name in without:
            assert all(each.states[name] == "stale" for each in seen)
        return max(each.seconds for each in seen) < PAGE_WITHIN_S

    assert wait_until(all_are_quick, START_TIMEOUT_S), [each.seconds for each in seen]
    for name in without - UNDATED:
        first_line = seen[-1].block(name).partition("</p>")[0]
        assert "<time" in first_line


@pytest.mark.parametrize("service", ONE_IN_FULL)
def test_a_killed_service_is_missed_in_its_blocks_only_and_comes_back(
    stack: RunningStack, customer: Customer, service: str
) -> None:
    others = others_than(stack, service)

    with stack.without(service):
        assert_stands(customer, without=BLOCKS_OF[service])
        assert set(stack.missing()) == {service}

    stack.wait_until_ready()
    assert sees(customer, ALL_FRESH)
    assert others_than(stack, service) == others


@pytest.mark.parametrize("service", ONE_IN_FULL)
def test_a_service_that_hangs_is_missed_like_a_killed_one(
    stack: RunningStack, customer: Customer, service: str
) -> None:
    with stack.hanging(service):
        assert_stands(customer, without=BLOCKS_OF[service])
        assert set(stack.missing()) == {service}

    assert sees(customer, ALL_FRESH)
    assert wait_until(lambda: stack.missing() == {}, FULL_WITHIN_S)


@pytest.mark.parametrize(
    ("killed", "reason"),
    [
        pytest.param(("rabbitmq",), "broker_unreachable", marks=pytest.mark.full),
        pytest.param(("postgres",), "database_unreachable", marks=pytest.mark.full),
        pytest.param(
            ("rabbitmq", "postgres"), "broker_unreachable", marks=pytest.mark.fault
        ),
    ],
)
def test_the_broker_and_the_database_may_come_and_go(
    stack: RunningStack, customer: Customer, killed: tuple[str, ...], reason: str
) -> None:
    others = others_than(stack, *killed)

    with stack.without(*killed):
        assert_stands(customer, without=BLOCKS)
        assert stack.missing() == dict.fromkeys(BLOCKS_OF, reason)

    assert wait_until(lambda: look(customer).states == ALL_FRESH, START_TIMEOUT_S)
    assert wait_until(lambda: stack.missing() == {}, FULL_WITHIN_S)
    assert others_than(stack, *killed) == others


@pytest.mark.full
def test_a_broker_that_hangs_holds_up_no_page(
    stack: RunningStack, customer: Customer
) -> None:
    others = stack.pids()

    with stack.hanging("rabbitmq"):
        assert_stands(customer, without=BLOCKS)
        assert set(stack.missing()) == set(BLOCKS_OF)

    assert wait_until(lambda: look(customer).states == ALL_FRESH, START_TIMEOUT_S)
    assert stack.pids() == others


@pytest.mark.full
def test_a_killed_web_front_end_comes_back_once(
    stack: RunningStack, customer: Customer
) -> None:
    others = others_than(stack, "web")
    killed = stack.pid("web")

    stack.kill("web")

    assert wait_until(lambda: stack.pid("web") != killed, START_TIMEOUT_S)
    stack.wait_until_ready()
    # The session lives at identity: nobody has to sign in again.
    assert wait_until(lambda: customer.look().states == ALL_FRESH, FULL_WITHIN_S)
    assert wait_until(lambda: count_by_kind(stack.var) == ONE_STACK, FULL_WITHIN_S)
    assert others_than(stack, "web") == others


@pytest.mark.full
def test_a_killed_worker_fails_no_page(stack: RunningStack, customer: Customer) -> None:
    def looks() -> list[int]:
        with Customer(stack.url, customer.cookies) as one_more:
            return [one_more.look().status for _ in range(LOOKS_AT_A_TIME)]

    with ThreadPoolExecutor(VISITORS) as visitors:
        looking = [visitors.submit(looks) for _ in range(VISITORS)]
        for worker in stack.workers():
            assert wait_until(lambda: len(stack.workers()) == WORKERS, START_TIMEOUT_S)
            os.kill(worker, signal.SIGKILL)
        statuses = {status for each in looking for status in each.result()}

    assert statuses == {200}
    assert wait_until(lambda: count_by_kind(stack.var) == ONE_STACK, FULL_WITHIN_S)


@pytest.mark.full
def test_a_form_that_was_in_a_killed_worker_takes_effect_once(
    stack: RunningStack, customer: Customer
) -> None:
    form = customer.read_form("/funds/add?net=20&currency=EUR") | TOP_UP
    with ThreadPoolExecutor(1) as browser, stack.hanging("billing"):
        sent = browser.submit(customer.send_form, "/funds/add", form)
        assert wait_until(lambda: stack.calls_pending() > 0, START_TIMEOUT_S)
        for worker in stack.workers():
            os.kill(worker, signal.SIGKILL)
        assert sent.result().status_code == 503
    stack.wait_until_ready()

    again = [customer.send_form("/funds/add", form) for _ in range(2)]

    assert [answer.status_code for answer in again] == [303, 303]
    assert again[0].headers["Location"] == again[1].headers["Location"]


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(1, marks=pytest.mark.full),
        pytest.param(2, marks=pytest.mark.nightly),
        pytest.param(3, marks=pytest.mark.nightly),
    ],
)
def test_the_programs_may_start_in_any_order(stack: RunningStack, number: int) -> None:
    order = new_random("order").sample(PROGRAMS, len(PROGRAMS))
    # Another one each time; the output of a failed test says which.
    sys.stdout.write(f"started in this order: {order}\n")
    for name in reversed(PROGRAMS):
        stack.end(name)

    started = {}
    for name in order:
        started[name] = stack.start(name)
        assert wait_until(lambda: is_told_apart(stack, set(started)), START_TIMEOUT_S)

    stack.wait_until_ready()
    # None had to be started twice.
    assert stack.pids() == started


def is_told_apart(stack: RunningStack, started: set[str]) -> bool:
    """Whether the web, once it is there, misses exactly what can't work yet."""
    missing = stack.missing()
    if "web" not in started:
        return set(missing) == {"web"}
    if ("proxy" in started) == (missing.pop("proxy", None) is not None):
        return False
    if "rabbitmq" not in started:
        return missing == dict.fromkeys(BLOCKS_OF, "broker_unreachable")
    if "postgres" not in started:
        return set(missing) == set(BLOCKS_OF)
    return set(missing) == set(BLOCKS_OF) - started


def others_than(stack: RunningStack, *names: str) -> dict[str, int]:
    return {name: pid for name, pid in stack.pids().items() if name not in names}
