"""What is measured on: a stack of its own, and the ways into it."""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass

from sqlalchemy import make_url

from bench.browser import Browser
from launcher.machine.layout import Layout
from launcher.run.stack import Stack
from launcher.servers.databases import (
    administration,
    drop_databases,
    ensure_database,
    own_urls,
)
from launcher.servers.infrastructure import postgres_of, rabbitmq_of
from launcher.servers.migrations import migrate
from shared.clock import make_clock
from shared.operator import Operator
from shared.rpc.amqp.client import AmqpClient
from shared.settings import read_settings

DEMO_USER = "demo@example.com"


@dataclass(frozen=True)
class Site:
    url: str
    amqp_url: str
    environment: Mapping[str, str]

    @property
    def layout(self) -> Layout:
        return Layout(read_settings(self.environment).var)

    def browser(self, email: str = DEMO_USER) -> Browser:
        return Browser(self.url, email)

    def database_url(self, service: str) -> str:
        return own_urls(postgres_of(self.layout), self.layout.secrets)[service]

    @contextmanager
    def operator(self) -> Iterator[Operator]:
        key_file = read_settings(self.environment).keys_dir / "operator.key"
        with closing(AmqpClient(self.amqp_url)) as client:
            yield Operator(client, key_file, make_clock(None), "bench")


@contextmanager
def running_site(folder: str) -> Iterator[Site]:
    """A stack with the demo; what the environment says of another is passed over."""
    ours = {"VAR": folder, "PORT": "8000"}
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = kept | ours
    stack = Stack(environment)
    try:
        address = stack.start()
        # The administrator's: what is compared with makes queues of its own.
        amqp_url = rabbitmq_of(Layout(read_settings(environment).var)).url()
        yield Site(address.url, amqp_url, environment)
    finally:
        stack.stop()


@contextmanager
def own_database(site: Site, service: str, name: str) -> Iterator[str]:
    """An empty database of the service, which nobody else works on; gives its URL."""
    server = postgres_of(site.layout)
    role = make_url(site.database_url(service))
    url = role.set(database=name).render_as_string(hide_password=False)
    with administration(server.connect()) as cur:
        ensure_database(cur, name, owner=role.username or "")
    try:
        migrate({service: url})
        yield url
    finally:
        with administration(server.connect()) as cur:
            drop_databases(cur, {service: url})
