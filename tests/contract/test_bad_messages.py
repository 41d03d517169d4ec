"""No message can stop a service, and none that is understood stays unanswered."""

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pika
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from launcher.machine.processes import wait_until
from shared.rpc.messages import RPC_EXCHANGE
from shared.rpc.signatures import EventSigner, load_signer
from tests.contract.parcel import contract as c
from tests.contract.parcel.service import POISON
from tests.contract.world import PATIENCE_S, World
from tests.fixtures.service_processes import ServiceProcess
from tests.fixtures.wire import JSON, Wire

ECHO_KEY = "parcel.echo"
GOOD = json.dumps({"args": [], "kwargs": {"text": "good"}}).encode()


@pytest.fixture
def wire(parcel_process: ServiceProcess) -> Iterator[Wire]:
    parameters = pika.URLParameters(parcel_process.amqp_url)
    with closing(pika.BlockingConnection(parameters)) as connection:
        wire = Wire(connection.channel(), c.NAME)
        wire.forget_dead_letters()
        yield wire


@pytest.fixture(autouse=True)
def _the_service_goes_on(
    parcel_process: ServiceProcess, amqp_world: World
) -> Iterator[None]:
    yield
    assert amqp_world.call(c.ECHO, c.Values(text="still here")).text == "still here"
    assert parcel_process.is_running


MALFORMED = {
    "broken JSON": b'{"args": [], "kwargs": {',
    "no JSON at all": b"\xff\xfe\x00",
    "an empty body": b"",
    "a list": b"[]",
    "a number": b"7",
    "no kwargs": b'{"args": []}',
    "no args": b'{"kwargs": {}}',
    "kwargs that are no object": b'{"args": [], "kwargs": []}',
    "positional arguments": b'{"args": ["x"], "kwargs": {}}',
    "deep nesting": b'{"args": [], "kwargs": {"text": ' + b"[" * 100_000,
    "ten megabytes": b'{"args": [], "kwargs": {"text": "' + b"x" * 10_000_000 + b'"}}',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_call_is_refused_and_put_aside(wire: Wire, body: bytes) -> None:
    sent = {"nameko.request_id": "r-17"}
    reply = wire.answer_to(ECHO_KEY, body, correlation_id="17", headers=sent)

    assert reply["result"] is None
    assert reply["error"]["exc_type"] == "InvalidInput"
    assert reply["error"]["exc_path"] == "shared.errors.InvalidInput"
    code, _detail, parameters = reply["error"]["exc_args"]
    assert (code, parameters) == ("malformed_message", "{}")
    headers, letter = wire.take_junk()
    assert letter == b""
    assert headers["routing-key"] == ECHO_KEY
    assert headers["size"] == len(body)
    assert headers["request-id"] == "r-17"
    assert headers["reason"]


@pytest.mark.parametrize(
    "properties",
    [
        {"content_type": None},
        {"content_type": "application/x-python-serialize"},
        {"content_type": "text/plain"},
    ],
    ids=["no content type", "pickle", "plain text"],
)
def test_an_unknown_form_is_refused_and_put_aside(
    wire: Wire, properties: dict[str, Any]
) -> None:
    reply = wire.answer_to(ECHO_KEY, GOOD, **properties)

    assert reply["error"]["exc_args"][0] == "malformed_message"
    wire.take_junk()


def test_a_call_that_nobody_waits_for_is_put_aside(wire: Wire) -> None:
    wire.publish(ECHO_KEY, GOOD, content_type=JSON)

    headers, letter = wire.take_junk()

    assert (letter, headers["size"]) == (b"", len(GOOD))
    assert headers["reason"] == "no reply_to that can be answered"


def test_a_call_without_any_property_is_put_aside(wire: Wire) -> None:
    wire.publish(ECHO_KEY, b"")

    assert wire.take_junk()[1] == b""


def test_a_dead_letter_holds_neither_the_principal_nor_a_password(wire: Wire) -> None:
    body = b'{"args": [], "kwargs": {"password": "secret"}}'
    wire.publish(
        ECHO_KEY, body, content_type=JSON, headers={"nameko.principal": "secret"}
    )

    headers, letter = wire.take_junk()

    assert b"secret" not in letter
    assert "secret" not in str(headers)


def test_wrong_arguments_and_unknown_methods_are_refused_only(wire: Wire) -> None:
    wrong = json.dumps({"args": [], "kwargs": {"number": "seven"}}).encode()
    assert (
        wire.answer_to(ECHO_KEY, wrong)["error"]["exc_args"][0] == "malformed_message"
    )

    unknown = {"content_type": JSON, "reply_to": wire.reply_key}
    wire.publish("parcel.no_such", GOOD, **unknown)
    assert wire.reply()["error"]["exc_args"][0] == "no_such_method"
    wire.publish("parcel.__class__", GOOD, **unknown)
    assert wire.reply()["error"]["exc_args"][0] == "no_such_method"
    wire.publish("parcel.dispatcher", GOOD, **unknown)
    assert wire.reply()["error"]["exc_args"][0] == "no_such_method"

    assert wire.count_put_aside() == 0


HEADERS = {
    "of wrong types": {
        "nameko.principal": 7,
        "nameko.request_id": ["x"],
        "nameko.deadline": {"a": 1},
        "nameko.idempotency_key": True,
        "nameko.call_id_stack": 5,
    },
    "with a call stack of nonsense": {"nameko.call_id_stack": [{"a": 1}, None]},
    "with a deadline that is no number": {"nameko.deadline": "tomorrow"},
    "with a deadline at infinity": {"nameko.deadline": "inf"},
    "with an unknown compression": {"compression": "nonsense"},
    "with a long request id": {"nameko.request_id": "x" * 100_000},
}


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_headers_that_make_no_sense_do_no_harm(
    wire: Wire, headers: dict[str, Any]
) -> None:
    reply = wire.answer_to(ECHO_KEY, GOOD, headers=headers)

    assert reply["result"]["text"] == "good"


def test_a_compressed_call_is_not_unpacked(wire: Wire) -> None:
    """Few bytes could become so many that they end the service."""
    reply = wire.answer_to(
        ECHO_KEY, zlib.compress(GOOD), headers={"compression": "application/x-gzip"}
    )

    assert reply["error"]["exc_args"][0] == "malformed_message"


def test_a_call_that_comes_out_of_a_queue_is_refused(wire: Wire) -> None:
    """The broker asks for rights to the exchange only, and not to the method."""
    arguments = {
        "x-dead-letter-exchange": RPC_EXCHANGE,
        "x-dead-letter-routing-key": ECHO_KEY,
        "x-message-ttl": 0,
    }
    declared = wire.channel.queue_declare("", exclusive=True, arguments=arguments)
    properties = pika.BasicProperties(content_type=JSON, reply_to=wire.reply_key)

    wire.channel.basic_publish("", declared.method.queue, GOOD, properties)

    assert wire.reply()["error"]["exc_args"][0] == "malformed_message"
    assert wire.take_junk()[0]["reason"] == "it has been a dead letter"


def test_a_call_that_arrives_after_its_deadline_is_not_executed(wire: Wire) -> None:
    reply = wire.answer_to(ECHO_KEY, GOOD, headers={"nameko.deadline": "-0.001"})

    assert reply["error"]["exc_type"] == "Unavailable"
    assert reply["error"]["exc_args"][0] == "deadline_exceeded"


class NoText(str):
    """What pika takes for text and sends as bytes that are no UTF-8."""

    __slots__ = ()

    def encode(self, *_args: object) -> bytes:
        return super().encode() + b"\xff\xfe"


@pytest.mark.parametrize(
    "properties",
    [
        {"headers": {"nameko.principal": NoText()}},
        {"headers": {NoText(): "x"}},
        {"correlation_id": NoText()},
        {"reply_to": NoText()},
        {"content_encoding": NoText()},
        {"timestamp": 2**63},
    ],
    ids=["a header", "its name", "correlation id", "reply_to", "encoding", "timestamp"],
)
def test_properties_that_cannot_be_read_do_no_harm(
    wire: Wire, properties: dict[str, Any]
) -> None:
    wire.publish(ECHO_KEY, GOOD, **{"content_type": JSON, **properties})

    headers, letter = wire.take_junk()

    assert (letter, headers["size"]) == (b"", len(GOOD))
    assert headers["reason"] == "no reply_to that can be answered"


def test_a_method_name_that_is_not_text_is_unknown(wire: Wire) -> None:
    key = NoText("parcel.")
    wire.publish(key, GOOD, content_type=JSON, reply_to=wire.reply_key)

    assert wire.reply()["error"]["exc_args"][0] == "no_such_method"


def test_a_reply_that_nobody_receives_does_no_harm(wire: Wire) -> None:
    wire.publish(ECHO_KEY, GOOD, content_type=JSON, reply_to=str(uuid4()))
    wire.publish(ECHO_KEY, GOOD, content_type=JSON, reply_to=f"reply.web.{uuid4()}")


SOME_UUID = "0b8f4f4e-4f55-4d0e-9a3e-6a1d1c2f7b10"


@pytest.mark.parametrize(
    "reply_to",
    [
        "nobody",
        "n" * 255,
        "parcel.echo",
        "reply.web.1",
        f"{SOME_UUID}.x",
        f"{SOME_UUID}\n",
    ],
)
def test_a_reply_goes_to_keys_for_replies_only(wire: Wire, reply_to: str) -> None:
    wire.publish(ECHO_KEY, GOOD, content_type=JSON, reply_to=reply_to)

    assert wire.take_junk()[0]["reason"] == "no reply_to that can be answered"


Publish = Callable[[bytes, Mapping[str, Any]], None]


@pytest.fixture
def publish(wire: Wire) -> Publish:
    """Puts bytes and headers where the service looks for its event."""

    def publish(body: bytes, headers: Mapping[str, Any]) -> None:
        properties = pika.BasicProperties(headers=dict(headers))
        wire.channel.basic_publish("parcel.events", "parcel_sent", body, properties)

    return publish


@pytest.fixture
def signer(keys_folder: Path) -> EventSigner:
    return load_signer(keys_folder, c.NAME)


def test_a_malformed_event_is_put_aside(
    wire: Wire, publish: Publish, signer: EventSigner
) -> None:
    for body in (b"", b"{", b"7", b'{"id": 1}', b"[" * 100_000):
        publish(body, signer.sign(body))

        headers, letter = wire.take_dead_letter()
        assert letter == body
        # An operator who sends it again can show where it came from.
        assert signer.sign(body).items() <= headers.items()


COMPANY = uuid4()


def event(name: str) -> bytes:
    return json.dumps(
        {
            "id": str(uuid4()),
            "source": "parcel",
            "name": name,
            "company_id": str(COMPANY),
            "version": 1,
            "at": "2026-01-01T00:00:00Z",
            "request_id": "",
            "body": {"id": str(uuid4()), "label": "x"},
        }
    ).encode()


EVENT = event("parcel_sent")
UNSIGNED: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
    "without a signature": lambda _: {},
    "with a signature only": lambda genuine: {"signature": genuine["signature"]},
    "of an unknown key": lambda genuine: genuine | {"key-id": "0" * 16},
    "with nonsense": lambda genuine: genuine | {"signature": "nonsense"},
    "with a number": lambda genuine: genuine | {"signature": 7},
    "signed by another": lambda genuine: (
        EventSigner(Ed25519PrivateKey.generate()).sign(EVENT)
        | {"key-id": genuine["key-id"]}
    ),
}


@pytest.mark.parametrize("forge", UNSIGNED.values(), ids=UNSIGNED)
def test_an_event_that_its_source_has_not_signed_is_junk(
    wire: Wire,
    publish: Publish,
    signer: EventSigner,
    amqp_world: World,
    forge: Callable[[dict[str, str]], dict[str, Any]],
) -> None:
    owner = amqp_world.owner(COMPANY)

    publish(EVENT, forge(signer.sign(EVENT)))

    headers, letter = wire.take_junk()
    assert letter == EVENT
    assert headers["reason"] in {"no key of parcel is named", "not signed by parcel"}
    publish(EVENT + b" ", signer.sign(EVENT))
    assert wire.take_junk()[1] == EVENT + b" "
    assert amqp_world.received(owner) == []


def test_an_event_of_another_name_is_put_aside(
    wire: Wire, publish: Publish, signer: EventSigner
) -> None:
    body = event("parcel_lost")

    publish(body, signer.sign(body))

    assert wire.take_dead_letter()[1] == body


def test_an_event_whose_handler_fails_each_time_is_put_aside(
    wire: Wire, amqp_world: World
) -> None:
    owner = amqp_world.owner()

    amqp_world.send(POISON, owner)
    amqp_world.send("wholesome", owner)

    assert wait_until(lambda: amqp_world.received(owner) == ["wholesome"], PATIENCE_S)
    _headers, letter = wire.take_dead_letter()
    assert json.loads(letter)["body"]["label"] == POISON
