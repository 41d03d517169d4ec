"""Following events over a real broker: nothing is missed while it says so."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from uuid import UUID, uuid4

import msgspec
import pika
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from launcher.machine.processes import wait_until
from shared.rpc.amqp.event_follower import EventFollower
from shared.rpc.signatures import EventKeys, EventSigner
from tests.fixtures.breakable_link import BreakableLink, breakable_link_to

PATIENCE_S = 15.0
SOURCES = ("here", "there", "mine", "foreign")


class Notes:
    """What a follower was told; its lock is the test's as much as the thread's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.listening = False
        self.beginnings = 0
        self.losses = 0
        self.companies: list[UUID] = []

    def connected(self) -> None:
        with self._lock:
            self.listening = True
            self.beginnings += 1

    def disconnected(self) -> None:
        with self._lock:
            self.losses += self.listening
            self.listening = False

    def is_news(self, body: bytes) -> bool:
        return bool(msgspec.json.decode(body)["name"] != "old_thing")

    def receive(self, body: bytes) -> None:
        with self._lock:
            self.companies.append(UUID(msgspec.json.decode(body)["company_id"]))

    def wait_until_listening(self) -> None:
        assert wait_until(lambda: self.listening, PATIENCE_S)

    def wait_for(self, company_id: UUID) -> None:
        assert wait_until(lambda: company_id in self.companies, PATIENCE_S)


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture(autouse=True, scope="module")
def _exchanges(amqp_url: str) -> None:
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        for source in SOURCES:
            connection.channel().exchange_declare(
                f"{source}.events", "topic", durable=True
            )


@pytest.fixture
def breakable_link(amqp_url: str) -> Iterator[BreakableLink]:
    with breakable_link_to(amqp_url) as breakable_link:
        yield breakable_link


def test_every_event_of_each_source_is_followed(amqp_url: str, notes: Notes) -> None:
    follower = follower_of(amqp_url, ("here", "there"), notes)
    with closing(follower):
        follower.start()
        notes.wait_until_listening()
        first, second = uuid4(), uuid4()

        _publish(amqp_url, "here", "old_thing", first)
        _publish(amqp_url, "here", "thing_changed", first)
        _publish(amqp_url, "there", "other_thing", second)

        notes.wait_for(first)
        notes.wait_for(second)
        # What is no news is passed over.
        assert notes.companies.count(first) == 1


def test_events_of_others_are_ignored(amqp_url: str, notes: Notes) -> None:
    follower = follower_of(amqp_url, ("mine",), notes)
    with closing(follower):
        follower.start()
        notes.wait_until_listening()
        foreign, own = uuid4(), uuid4()

        _publish(amqp_url, "foreign", "thing_changed", foreign)
        _publish(amqp_url, "mine", "thing_changed", own)

        notes.wait_for(own)
        assert notes.companies == [own]


@pytest.mark.parametrize("lie", [{"signed_by": "foreign"}, {"named": "foreign"}])
def test_an_event_not_signed_by_its_source_or_naming_another_is_ignored(
    amqp_url: str, notes: Notes, lie: dict[str, str]
) -> None:
    follower = follower_of(amqp_url, ("mine",), notes)
    with closing(follower):
        follower.start()
        notes.wait_until_listening()
        forged, own = uuid4(), uuid4()

        _publish(amqp_url, "mine", "thing_changed", forged, **lie)
        _publish(amqp_url, "mine", "thing_changed", own)

        notes.wait_for(own)
        assert notes.companies == [own]


def test_a_lost_link_is_reported_and_started_again(
    amqp_url: str, breakable_link: BreakableLink, notes: Notes
) -> None:
    follower = follower_of(breakable_link.url, ("here",), notes)
    with closing(follower):
        follower.start()
        notes.wait_until_listening()

        breakable_link.cut()
        assert wait_until(lambda: not notes.listening, PATIENCE_S)
        missed = uuid4()
        _publish(amqp_url, "here", "thing_changed", missed)
        breakable_link.mend()
        notes.wait_until_listening()

        assert (notes.losses, notes.beginnings) == (1, 2)
        later = uuid4()
        _publish(amqp_url, "here", "thing_changed", later)
        notes.wait_for(later)
        assert missed not in notes.companies


def test_a_broker_that_is_not_there_yet_is_waited_for(
    breakable_link: BreakableLink, notes: Notes
) -> None:
    breakable_link.cut()
    follower = follower_of(breakable_link.url, ("here",), notes)
    with closing(follower):
        follower.start()

        breakable_link.mend()

        notes.wait_until_listening()


def test_a_closed_follower_leaves_nothing_on_the_broker(
    amqp_url: str, notes: Notes
) -> None:
    follower = follower_of(amqp_url, ("here",), notes)
    follower.start()
    notes.wait_until_listening()

    follower.close()

    assert not notes.listening
    assert not [t for t in threading.enumerate() if t.name == "events"]


KEYS = {name: Ed25519PrivateKey.generate() for name in SOURCES}


def follower_of(amqp_url: str, sources: Iterable[str], notes: Notes) -> EventFollower:
    keys = EventKeys({name: [key.public_key()] for name, key in KEYS.items()})
    return EventFollower(amqp_url, sources, keys, notes)


def _publish(
    amqp_url: str,
    source: str,
    name: str,
    company_id: UUID,
    *,
    signed_by: str = "",
    named: str = "",
) -> None:
    """Publish an event as a service's relay does."""
    envelope = {
        "source": named or source,
        "name": name,
        "company_id": str(company_id),
        "body": {},
    }
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        body = msgspec.json.encode(envelope)
        headers = EventSigner(KEYS[signed_by or source]).sign(body)
        properties = pika.BasicProperties(headers=dict(headers))
        channel.basic_publish(f"{source}.events", name, body, properties)
