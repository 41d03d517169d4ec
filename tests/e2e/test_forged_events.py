"""An event is believed only if its source has signed it, not by who published it.

All of them are published by the administrator's account, as no process's account can.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pika
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pika.adapters.blocking_connection import BlockingChannel
from sqlalchemy import text

from launcher.machine.layout import Layout
from launcher.machine.processes import wait_until
from launcher.servers.databases import own_urls
from launcher.servers.infrastructure import postgres_of, rabbitmq_of
from shared.db.database import Database
from shared.rpc.messages import RPC_EXCHANGE
from shared.rpc.signatures import EventSigner, load_signer
from tests.fixtures.accounts import account_url, channel_of
from tests.fixtures.servers import Servers

pytestmark = pytest.mark.full

PATIENCE_S = 15.0
QUEUE = "evt-identity-company_changed--billing.take_in_company"
KEPT_JUNK = 1_000
MANY = KEPT_JUNK + 100


@dataclass(frozen=True)
class Known:
    """What billing knows of a company."""

    company_id: UUID
    name: str
    epoch: int
    version: int


@pytest.fixture(scope="module")
def layout(servers: Servers) -> Layout:
    return Layout(servers.ask("stack").folder)


@pytest.fixture
def keys(layout: Layout) -> Path:
    return layout.var / "keys"


@pytest.fixture
def billing(layout: Layout) -> Iterator[Database]:
    url = own_urls(postgres_of(layout), layout.secrets)["billing"]
    with closing(Database(url)) as database:
        yield database


@pytest.fixture
def administrator(layout: Layout) -> Iterator[BlockingChannel]:
    with channel_of(rabbitmq_of(layout).url()) as channel:
        channel.queue_purge("junk.billing")
        channel.queue_purge("dead-letters.billing")
        yield channel


def known(billing: Database) -> Known:
    wanted = text(
        "SELECT company_id, name, epoch, version FROM companies"
        " ORDER BY company_id LIMIT 1"
    )
    with billing.system() as session:
        return Known(*session.execute(wanted).one())


def event_of(company: Known, epoch: int, version: int) -> bytes:
    address = {"street": "", "postal_code": "", "city": "", "region": ""}
    return json.dumps(
        {
            "id": str(uuid4()),
            "source": "identity",
            "name": "company_changed",
            "company_id": str(company.company_id),
            "epoch": epoch,
            "version": version,
            "at": "2026-01-01T00:00:00Z",
            "request_id": "forged",
            "body": {
                "id": str(company.company_id),
                "name": "Forged Ltd",
                "address": address | {"country": "US"},
                "time_zone": "UTC",
                "is_business": True,
                "version": version,
            },
        }
    ).encode()


def nobodys(_keys: Path, _body: bytes) -> dict[str, str]:
    return {}


def strangers(_keys: Path, body: bytes) -> dict[str, str]:
    return EventSigner(Ed25519PrivateKey.generate()).sign(body)


def another_services(keys: Path, body: bytes) -> dict[str, str]:
    return load_signer(keys, "inventory").sign(body)


def of_other_bytes(keys: Path, body: bytes) -> dict[str, str]:
    return load_signer(keys, "identity").sign(body + b" ")


@pytest.mark.parametrize("exchange", ["identity.events", ""])
@pytest.mark.parametrize("sign", [nobodys, strangers, another_services, of_other_bytes])
def test_what_its_source_has_not_signed_changes_nothing(
    billing: Database,
    administrator: BlockingChannel,
    keys: Path,
    exchange: str,
    sign: Callable[[Path, bytes], dict[str, str]],
) -> None:
    company = known(billing)
    body = event_of(company, company.epoch + 1, company.version + 1)

    key = "company_changed" if exchange else QUEUE
    publish(administrator, body, sign(keys, body), exchange, key)

    wait_for(lambda: take(administrator, "junk.billing") == body)
    assert known(billing) == company


def test_a_signed_event_of_an_older_epoch_changes_nothing(
    billing: Database, administrator: BlockingChannel, keys: Path
) -> None:
    company = known(billing)
    body = event_of(company, company.epoch - 1, company.version + 1)

    properties = pika.BasicProperties(
        headers=dict(load_signer(keys, "identity").sign(body))
    )
    administrator.basic_publish("identity.events", "company_changed", body, properties)

    assert wait_until(lambda: is_taken_in(billing, body), PATIENCE_S)
    assert known(billing) == company


def test_junk_pushes_no_genuine_dead_letter_out(
    layout: Layout, administrator: BlockingChannel, keys: Path
) -> None:
    letter = b'{"not": "an envelope"}'
    signed = dict(load_signer(keys, "identity").sign(letter))
    administrator.basic_publish(
        "identity.events",
        "company_changed",
        letter,
        pika.BasicProperties(headers=signed),
    )
    assert wait_until(
        lambda: count(administrator, "dead-letters.billing") == 1, PATIENCE_S
    )

    with channel_of(account_url(layout, "web")) as web:
        for _ in range(MANY):
            web.basic_publish(RPC_EXCHANGE, "billing.dashboard", b"{")
            publish(administrator, b"{", {})

    wait_for(lambda: count(administrator, QUEUE) == 0)
    wait_for(lambda: count(administrator, "junk.billing") == KEPT_JUNK)
    assert take(administrator, "dead-letters.billing") == letter


def publish(
    channel: BlockingChannel,
    body: bytes,
    headers: dict[str, str],
    exchange: str = "identity.events",
    key: str = "company_changed",
) -> None:
    properties = pika.BasicProperties(headers=dict(headers))
    channel.basic_publish(exchange, key, body, properties)


def wait_for(condition: Callable[[], bool]) -> None:
    assert wait_until(condition, PATIENCE_S)


def take(channel: BlockingChannel, queue: str) -> bytes | None:
    body: bytes | None = channel.basic_get(queue, auto_ack=True)[2]
    return body


def count(channel: BlockingChannel, queue: str) -> int:
    number: int = channel.queue_declare(queue, passive=True).method.message_count
    return number


def is_taken_in(billing: Database, body: bytes) -> bool:
    wanted = text("SELECT 1 FROM handled_events WHERE event_id = :id")
    with billing.system() as session:
        return session.scalar(wanted, {"id": json.loads(body)["id"]}) is not None
