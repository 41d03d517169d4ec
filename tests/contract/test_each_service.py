"""Identity, inventory and billing as processes: no message hurts any of them.

What `parcel` shows of calls in detail is shown here of the real services: bad
messages, calls that were given up before the service could take them, and calls that
come twice. (A result that can't be sent is `parcel`'s alone: theirs all can.)
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pika
import pytest
from msgspec import structs

from launcher.machine.keys import ensure_keys
from launcher.machine.processes import wait_until
from launcher.servers.postgres import PostgresServer
from launcher.servers.rabbitmq import RabbitNode
from services.billing.service import BillingService
from services.identity.service import IdentityService
from services.inventory.service import InventoryService
from shared.contract import Method, Request
from shared.contracts import billing, identity, inventory
from shared.errors import RemoteFault, Unavailable
from shared.principal import load_private_key
from shared.rpc.amqp.client import AmqpClient
from shared.rpc.client import CallContext, call
from shared.rpc.messages import encode_call
from shared.rpc.service import Service
from tests.contract.world import PATIENCE_S
from tests.fixtures.breakable_link import breakable_link_to
from tests.fixtures.databases import fresh_database
from tests.fixtures.effects import (
    CHANGES,
    Change,
    count_rows,
    end_those_that_wait,
    locked,
    refusing,
    waiting_for_locks,
)
from tests.fixtures.principals import Principals
from tests.fixtures.servers import log_of
from tests.fixtures.service_processes import ServiceProcess
from tests.fixtures.vhosts import fresh_vhost
from tests.fixtures.wire import JSON, Wire

BACK_WITHIN_S = 5
"""How soon a service that is there again must be called again."""

SERVICES: dict[str, type[Service]] = {
    identity.CONTRACT.name: IdentityService,
    inventory.CONTRACT.name: InventoryService,
    billing.CONTRACT.name: BillingService,
}
QUESTIONS: dict[str, tuple[Method[Any, Any], Request]] = {
    identity.CONTRACT.name: (
        identity.companies.FIND_COMPANIES,
        identity.companies.FindCompanies(name="Nobody"),
    ),
    inventory.CONTRACT.name: (
        inventory.reading.DASHBOARD,
        inventory.reading.Dashboard(),
    ),
    billing.CONTRACT.name: (billing.dashboard.DASHBOARD, billing.dashboard.Dashboard()),
}
"""What another caller goes on asking meanwhile."""


class Bench:
    """One service's process, and callers before it."""

    def __init__(
        self,
        process: ServiceProcess,
        client: AmqpClient,
        wire: Wire,
        principals: Principals,
    ) -> None:
        self.process = process
        self.client = client
        self.wire = wire
        self.operator = principals.operator(uuid4())

    def ask(self, method: Method[Any, Any], request: Request) -> Any:
        context = CallContext("test", self.operator, str(uuid4()), PATIENCE_S)
        return call(self.client, method, request, context)

    def question(self) -> None:
        self.ask(*QUESTIONS[self.process.name])

    def prepare(self) -> tuple[Change, Callable[[], int]]:
        """One more change, and what counts how often it has taken effect."""
        change = CHANGES[self.process.name](self.ask)
        url = self.process.database_url
        before = count_rows(url, change.table)
        return change, lambda: count_rows(url, change.table) - before

    def send(self, change: Change, key: str | None = None, **properties: Any) -> None:
        """Send a change by hand: without deadline or expiration unless given."""
        headers = {
            "nameko.principal": self.operator,
            "nameko.idempotency_key": key or str(uuid4()),
            **properties.pop("headers", {}),
        }
        self.wire.publish(
            str(change.method),
            encode_call(change.request),
            content_type=JSON,
            reply_to=self.wire.reply_key,
            headers=headers,
            **properties,
        )

    @contextmanager
    def others_are_answered(self) -> Iterator[None]:
        """All through the block another caller asks; each question is answered."""
        begun, over = threading.Event(), threading.Event()

        def go_on_asking() -> None:
            while not over.is_set():
                self.question()
                begun.set()
            self.question()

        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(go_on_asking)
            assert begun.wait(PATIENCE_S)
            try:
                yield
            finally:
                over.set()
            other.result(PATIENCE_S)
        assert self.process.is_running


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    ensure_keys(folder)
    return folder


@pytest.fixture(scope="module")
def processes(
    postgres_server: PostgresServer, rabbitmq_server: RabbitNode, keys: Path
) -> Iterator[dict[str, ServiceProcess]]:
    """The services, each over a link of its own.

    All begin and end at once, as either takes seconds. Tests wait for all of them: some
    allow a service only seconds, which it may not get while another starts.
    """
    with ExitStack() as stack:
        begun = {}
        for name in CHANGES:
            url = stack.enter_context(fresh_database(postgres_server, name))
            vhost = fresh_vhost(rabbitmq_server, SERVICES[name])
            amqp_url = stack.enter_context(vhost)
            breakable_link = stack.enter_context(breakable_link_to(amqp_url))
            process = ServiceProcess(
                f"services.{name}", amqp_url, url, keys, breakable_link
            )
            process.begin()
            stack.callback(process.stop)
            begun[name] = process
        for process in begun.values():
            process.wait_until_served()
        yield begun
        for process in begun.values():
            process.tell_to_stop()


@pytest.fixture(scope="module", params=CHANGES)
def bench(
    request: pytest.FixtureRequest, processes: dict[str, ServiceProcess], keys: Path
) -> Iterator[Bench]:
    """Each service in turn."""
    process = processes[request.param]
    signing_key = load_private_key(keys / "principal.key")
    with (
        closing(
            pika.BlockingConnection(pika.URLParameters(process.amqp_url))
        ) as by_hand,
        closing(AmqpClient(process.amqp_url)) as client,
    ):
        yield Bench(
            process,
            client,
            Wire(by_hand.channel(), process.name),
            Principals(datetime.now(UTC), signing_key),
        )


MALFORMED = {
    "broken JSON": b'{"args": [], "kwargs": {',
    "deep nesting": b'{"args": [], "kwargs": {"text": ' + b"[" * 100_000,
    "ten megabytes": b'{"args": [], "kwargs": {"text": "' + b"x" * 10_000_000 + b'"}}',
}
EMPTY = b'{"args": [], "kwargs": {}}'


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_call_is_answered_and_put_aside(bench: Bench, body: bytes) -> None:
    bench.wire.forget_dead_letters()
    key = f"{bench.process.name}.dashboard"

    with bench.others_are_answered():
        reply = bench.wire.answer_to(key, body)

    assert reply["error"]["exc_args"][0] == "malformed_message"
    headers, _letter = bench.wire.take_junk()
    assert headers["size"] == len(body)


@pytest.mark.parametrize(
    "properties",
    [{"content_type": JSON}, {}],
    ids=["no reply_to", "neither reply_to nor content type"],
)
def test_a_call_without_an_address_to_answer_is_put_aside(
    bench: Bench, properties: dict[str, str]
) -> None:
    bench.wire.forget_dead_letters()

    with bench.others_are_answered():
        bench.wire.publish(f"{bench.process.name}.dashboard", EMPTY, **properties)
        headers, _letter = bench.wire.take_junk()

    assert headers["reason"] == "no reply_to that can be answered"


def test_a_call_without_content_type_is_answered_and_put_aside(bench: Bench) -> None:
    bench.wire.forget_dead_letters()
    key = f"{bench.process.name}.dashboard"

    with bench.others_are_answered():
        reply = bench.wire.answer_to(key, EMPTY, content_type=None)

    assert reply["error"]["exc_args"][0] == "malformed_message"
    bench.wire.take_junk()


def test_wrong_arguments_and_unknown_methods_are_refused(bench: Bench) -> None:
    service = bench.process.name
    wrong = b'{"args": [], "kwargs": {"surprise": [1]}}'
    headers = {"nameko.principal": bench.operator}
    question, _request = QUESTIONS[service]

    with bench.others_are_answered():
        refused = bench.wire.answer_to(str(question), wrong, headers=headers)
        unknown = bench.wire.answer_to(f"{service}.no_such", EMPTY, headers=headers)

    assert refused["error"]["exc_args"][0] == "malformed_message"
    assert unknown["error"]["exc_args"][0] == "no_such_method"


def test_the_same_call_twice_has_its_effect_once(bench: Bench) -> None:
    change, effects = bench.prepare()
    key = str(uuid4())

    bench.send(change, key)
    bench.send(change, key)

    first, second = bench.wire.reply(), bench.wire.reply()
    assert first["error"] is None
    assert first == second
    assert effects() == 1


def test_a_call_that_comes_again_as_its_connection_was_lost_has_its_effect_once(
    bench: Bench,
) -> None:
    change, effects = bench.prepare()
    url, breakable_link = bench.process.database_url, bench.process.breakable_link
    assert breakable_link
    done = bench.process.log.count(f'"{change.method.name}"')

    with locked(url, change.table):
        bench.send(change)
        assert wait_until(lambda: waiting_for_locks(url) >= 1, PATIENCE_S)
        breakable_link.interrupt()
        # It has come again, and waits for the first to be through.
        assert wait_until(lambda: waiting_for_locks(url) >= 2, PATIENCE_S)

    assert bench.wire.reply()["error"] is None
    assert wait_until(
        lambda: bench.process.log.count(f'"{change.method.name}"') == done + 2,
        PATIENCE_S,
    )
    assert effects() == 1


WORDS_OF_PEOPLE = {
    identity.CONTRACT.name: "name",
    inventory.CONTRACT.name: "name",
    billing.CONTRACT.name: "reason",
}
"""The field of each service's change that holds what somebody wrote."""


def test_no_log_has_what_was_in_a_statement_that_failed(
    bench: Bench, postgres_server: PostgresServer
) -> None:
    change, _effects = bench.prepare()
    written = f"Ada {uuid4()}"
    field = WORDS_OF_PEOPLE[bench.process.name]
    request = structs.replace(change.request, **{field: written})
    url = bench.process.database_url

    with refusing(url, change.table), pytest.raises(RemoteFault):
        bench.ask(change.method, request)
    with ThreadPoolExecutor(1) as pool, locked(url, change.table):
        waiting = pool.submit(bench.ask, change.method, request)
        assert wait_until(lambda: waiting_for_locks(url) >= 1, PATIENCE_S)
        end_those_that_wait(postgres_server.connect(), url)
        with pytest.raises(Unavailable):
            waiting.result(PATIENCE_S)

    assert "SQLSTATE 23514" in bench.process.log
    assert written not in bench.process.log
    assert written not in log_of(postgres_server)


def give_up(bench: Bench, change: Change) -> str:
    """Call it as the web does, until nobody waits any more; returns why."""
    context = CallContext("test", bench.operator, str(uuid4()), timeout_s=0.3)
    with pytest.raises(Unavailable) as caught:
        call(bench.client, change.method, change.request, context)
    return caught.value.code


def answers(bench: Bench) -> bool:
    try:
        bench.question()
    except Unavailable:
        return False
    return True


def has_passed(deadline_s: float) -> bool:
    end = time.monotonic() + deadline_s
    return wait_until(lambda: time.monotonic() > end, PATIENCE_S)


def test_a_service_that_hung_executes_no_call_that_gave_up(bench: Bench) -> None:
    """The calls are with it and have not been read: only their deadlines can tell."""
    change, effects = bench.prepare()
    bench.process.pause()
    try:
        assert wait_until(
            lambda: give_up(bench, change) == "service_resting", PATIENCE_S
        )
        bench.send(change, headers={"nameko.deadline": "0.300"})
        assert has_passed(0.3)
    finally:
        bench.process.resume()

    assert wait_until(lambda: answers(bench), BACK_WITHIN_S)

    assert bench.wire.reply()["error"]["exc_args"][0] == "deadline_exceeded"
    assert effects() == 0


# A start of each takes seconds: one service shows it each time, the others with `full`.
@pytest.mark.parametrize(
    "bench",
    [
        pytest.param(identity.CONTRACT.name, marks=pytest.mark.full),
        pytest.param(inventory.CONTRACT.name, marks=pytest.mark.full),
        billing.CONTRACT.name,
    ],
    indirect=True,
)
def test_a_service_that_was_away_executes_no_call_that_gave_up(bench: Bench) -> None:
    change, effects = bench.prepare()
    bench.process.tell_to_stop()
    assert bench.process.wait_for_end() == 0
    assert give_up(bench, change) == "deadline_exceeded"
    bench.send(change, expiration="300")
    bench.send(change)
    assert has_passed(0.3)

    bench.process.start()

    assert bench.wire.reply()["error"] is None
    bench.question()
    # Only the one that nobody had given up.
    assert effects() == 1
