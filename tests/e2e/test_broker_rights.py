"""Each process's account on the broker can do its own work, and no harm to others."""

import json
import os
import signal
from contextlib import closing
from functools import partial
from typing import Any
from uuid import uuid4

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from launcher.machine.layout import Layout
from launcher.machine.processes import read_pid, wait_until
from launcher.servers.databases import SERVICES
from launcher.servers.infrastructure import rabbitmq_of
from launcher.servers.rabbitmq import NAMEKO, PROCESSES
from shared.contract import CheckReadiness
from shared.contracts import billing
from shared.rpc.amqp.client import AmqpClient
from shared.rpc.client import CallContext
from shared.rpc.messages import DEAD, JUNK, RPC_EXCHANGE, dead_letter_exchange
from tests.fixtures.accounts import Attempt, account_url, channel_of, is_refused
from tests.fixtures.servers import Servers
from tests.fixtures.wire import JSON

pytestmark = pytest.mark.full

PATIENCE_S = 15.0
CALLERS = ("web", "operator", "health")
EVENT_QUEUES = {
    "inventory": "evt-billing-funds_restored--inventory.resume_restored",
    "billing": "evt-identity-company_changed--billing.take_in_company",
}


@pytest.fixture(scope="module")
def layout(servers: Servers) -> Layout:
    return Layout(servers.ask("stack").folder)


def bind(exchange: str, key: str, queue: str) -> Attempt:
    return lambda channel: channel.queue_bind(queue, exchange, key)


def publish(exchange: str, key: str) -> Attempt:
    return lambda channel: channel.basic_publish(exchange, key, b"{}", mandatory=True)


def take(queue: str) -> Attempt:
    return lambda channel: channel.basic_get(queue)


def delete(exchange: str) -> Attempt:
    return lambda channel: channel.exchange_delete(exchange)


def declare(queue: str, dead_letters_to: str = "") -> Attempt:
    def attempt(channel: BlockingChannel) -> None:
        arguments = {"x-dead-letter-exchange": dead_letters_to}
        channel.queue_declare(
            queue, exclusive=True, arguments=arguments if dead_letters_to else {}
        )

    return attempt


def attempts_of(account: str) -> dict[str, Attempt]:
    """What would harm others, and must be refused to the account."""
    others = [name for name in SERVICES if name != account]
    return {
        f"delete {RPC_EXCHANGE}": delete(RPC_EXCHANGE),
        **{f"delete {n}'s": delete(dead_letter_exchange(n)) for n in SERVICES},
        **{
            f"put a letter among {name}'s dead ones": publish(
                dead_letter_exchange(name), DEAD
            )
            for name in others
        },
        **{f"delete {name}.events": delete(f"{name}.events") for name in SERVICES},
        **{f"take {name}'s calls": take(f"rpc-{name}") for name in others},
        **{
            f"take {name}'s events": take(queue)
            for name, queue in EVENT_QUEUES.items()
            if name != account
        },
        **{
            f"empty {name}'s calls": partial(
                BlockingChannel.queue_purge, queue=f"rpc-{name}"
            )
            for name in others
        },
        **{
            f"delete {name}'s queue": partial(
                BlockingChannel.queue_delete, queue=f"rpc-{name}"
            )
            for name in SERVICES
        },
        **{
            f"forge an event of {name}": publish(f"{name}.events", "company_changed")
            for name in others
        },
        **{
            f"forge an event by the default exchange for {name}": publish("", queue)
            for name, queue in EVENT_QUEUES.items()
        },
        "write into the queue of calls": publish("", "rpc-billing"),
        "make a queue": declare("anything"),
        "make a queue of a service": declare("rpc-other"),
        "take another's dead letters' place": declare("dead-letters.other"),
    }


def own_queue(account: str) -> str:
    return f"reply.{account}.{uuid4()}"


def attempts_of_caller(account: str) -> dict[str, Attempt]:
    """Of those that have queues for replies: to read what is not for them."""

    def bind_own(key: str, exchange: str = RPC_EXCHANGE) -> Attempt:
        queue = own_queue(account)

        def attempt(channel: BlockingChannel) -> None:
            channel.queue_declare(queue, exclusive=True)
            channel.queue_bind(queue, exchange, key)

        return attempt

    keys = ("#", "*", "*.*", "billing.*", "*.log_in", "identity.log_in", "reply.#")
    strangers = (f"reply.other.{uuid4()}", str(uuid4()), f"reply.{account}.*")
    return {
        **{f"read calls of {key}": bind_own(key) for key in keys},
        **{f"read replies of {key}": bind_own(key) for key in strangers},
        "be told of everything": bind_own("#", "amq.rabbitmq.trace"),
        "answer itself": publish(RPC_EXCHANGE, f"reply.{account}.{uuid4()}"),
        "have its dead letters become events": declare(
            own_queue(account), "identity.events"
        ),
        "have a service's queue get more": bind(RPC_EXCHANGE, "#", "rpc-billing"),
    }


def attempts_of_service(account: str) -> dict[str, Attempt]:
    return {
        **{
            f"call {name}": publish(RPC_EXCHANGE, f"{name}.check_readiness")
            for name in SERVICES
        },
        "get others' calls": bind(RPC_EXCHANGE, "#", f"rpc-{account}"),
        "hear other events": bind("identity.events", "#", f"rpc-{account}"),
        "make a queue for replies": declare(own_queue(account)),
        "have its dead letters become calls": declare(f"rpc-{account}", RPC_EXCHANGE),
    }


@pytest.mark.parametrize("account", [*PROCESSES, NAMEKO])
def test_an_account_is_refused_what_would_harm_others(
    layout: Layout, account: str
) -> None:
    attempts = attempts_of(account)
    if account in SERVICES:
        attempts |= attempts_of_service(account)
    if account in CALLERS:
        attempts |= attempts_of_caller(account)
    url = account_url(layout, account)

    allowed = [words for words, make in attempts.items() if not is_refused(url, make)]

    assert allowed == []


def test_the_health_check_may_ask_for_nothing_else(layout: Layout) -> None:
    assert is_refused(
        account_url(layout, "health"), publish(RPC_EXCHANGE, "identity.log_in")
    )


@pytest.mark.parametrize("account", SERVICES)
def test_copies_of_what_a_service_sends_change_nothing_for_others(
    layout: Layout, account: str
) -> None:
    """The broker asks for no right to the keys of copies."""
    others = [name for name in SERVICES if name != account]
    copies = [DEAD, JUNK, *others]
    properties = pika.BasicProperties(headers={"CC": copies}, content_type=JSON)
    with channel_of(rabbitmq_of(layout).url()) as administrator:
        queues = [f"{kind}.{n}" for kind in ("dead-letters", "junk") for n in others]
        for queue in queues:
            administrator.queue_purge(queue)

        with channel_of(account_url(layout, account)) as channel:
            for exchange, key in (
                (RPC_EXCHANGE, str(uuid4())),
                (dead_letter_exchange(account), DEAD),
                (f"{account}.events", "anything"),
            ):
                channel.basic_publish(exchange, key, b"{}", properties)

        declared = [administrator.queue_declare(q, passive=True) for q in queues]
        assert [each.method.message_count for each in declared] == [0] * len(queues)


@pytest.mark.parametrize("account", CALLERS)
def test_a_private_queue_does_not_allow_calls(layout: Layout, account: str) -> None:
    arguments = {
        "x-dead-letter-exchange": RPC_EXCHANGE,
        "x-dead-letter-routing-key": "identity.log_in",
        "x-message-ttl": 0,
    }
    detour, queue = own_queue(account), own_queue(account)
    properties = pika.BasicProperties(
        reply_to=queue, content_type=JSON, headers={"CC": [detour]}
    )
    key, body = "identity.check_readiness", b'{"args": [], "kwargs": {}}'
    with channel_of(account_url(layout, account)) as channel:
        channel.queue_declare(detour, exclusive=True, arguments=arguments)
        channel.queue_bind(detour, RPC_EXCHANGE, detour)
        channel.queue_declare(queue, exclusive=True)
        channel.queue_bind(queue, RPC_EXCHANGE, queue)

        channel.basic_publish(RPC_EXCHANGE, key, body, properties)

        answers = [take_answer(channel, queue) for _ in range(2)]
    refused = [each["error"]["exc_args"] for each in answers if each["error"]]
    assert [(code, why) for code, why, _ in refused] == [
        ("malformed_message", "it has been a dead letter")
    ]


def take_answer(channel: BlockingChannel, queue: str) -> dict[str, Any]:
    """The next answer in a queue, which may yet come."""
    taken: list[bytes] = []

    def took() -> bool:
        body = channel.basic_get(queue, auto_ack=True)[2]
        taken.extend([body] if body else [])
        return bool(taken)

    assert wait_until(took, PATIENCE_S)
    answer: dict[str, Any] = json.loads(taken[0])
    return answer


def test_nameko_s_clients_get_replies_to_keys_they_know_only(layout: Layout) -> None:
    url = account_url(layout, NAMEKO)

    def bind_own(exchange: str, key: str) -> Attempt:
        def attempt(channel: BlockingChannel) -> None:
            queue = channel.queue_declare("", exclusive=True).method.queue
            channel.queue_bind(queue, exchange, key)

        return attempt

    for exchange, key in (
        ("nameko-rpc", "#"),
        ("nameko-rpc", "*"),
        ("nameko-rpc", "billing.*"),
        (RPC_EXCHANGE, str(uuid4())),
        ("identity.events", "#"),
        ("amq.rabbitmq.trace", "#"),
    ):
        assert is_refused(url, bind_own(exchange, key))
    assert is_refused(url, publish("nameko-rpc", str(uuid4())))


def test_a_reply_key_that_is_none_makes_no_endless_loop(layout: Layout) -> None:
    service = "billing"
    junk = f"junk.{service}"
    with channel_of(rabbitmq_of(layout).url()) as administrator:
        administrator.queue_purge(junk)

        def put_aside() -> int:
            declared = administrator.queue_declare(junk, passive=True)
            count: int = declared.method.message_count
            return count

        with channel_of(account_url(layout, "web")) as channel:
            for reply_to in ("nonsense", "reply.web.x", "billing.check_readiness"):
                properties = pika.BasicProperties(reply_to=reply_to, content_type=JSON)
                key = f"{service}.check_readiness"
                body = b'{"args": [], "kwargs": {}}'
                channel.basic_publish(RPC_EXCHANGE, key, body, properties)

        assert wait_until(lambda: put_aside() == 3, PATIENCE_S)
        with closing(AmqpClient(account_url(layout, "web"))) as client:
            for _ in range(20):
                assert is_ready(client)
        assert put_aside() == 3


def test_no_service_can_answer_for_another(layout: Layout) -> None:
    """It knows the reply key from calls of its own, but not the other call's id."""
    pid = read_pid(layout.pid_file("billing"))
    assert pid
    context = CallContext("test", timeout_s=PATIENCE_S)
    with (
        closing(AmqpClient(account_url(layout, "web"))) as client,
        channel_of(account_url(layout, "inventory")) as forger,
    ):
        assert is_ready(client)
        os.kill(pid, signal.SIGSTOP)
        try:
            answer = client.start(billing.CONTRACT.readiness, CheckReadiness(), context)
            for number in range(20):
                for guess in (f"billing.{number:x}", f"billing.{number:x}.{'0' * 32}"):
                    properties = pika.BasicProperties(
                        correlation_id=guess, content_type=JSON
                    )
                    forger.basic_publish(
                        RPC_EXCHANGE, client._link.reply_key, FORGED, properties
                    )
        finally:
            os.kill(pid, signal.SIGCONT)

        assert answer.result(PATIENCE_S) is not None


FORGED = (
    b'{"result": null, "error": {"exc_type": "Forbidden", "exc_path": "",'
    b' "exc_args": ["forged", "", ""], "value": ""}}'
)


def is_ready(client: AmqpClient) -> bool:
    context = CallContext("test", timeout_s=PATIENCE_S)
    started = client.start(billing.CONTRACT.readiness, CheckReadiness(), context)
    return started.result(PATIENCE_S) is not None
