"""A customer's browser before the real services, all in this process."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from launcher.servers.databases import SERVICES
from launcher.servers.postgres import PostgresServer
from shared.contracts.billing.payments import GatewayName
from tests.fixtures.databases import fresh_database
from tests.fixtures.installations import BILLING, Installation, installation
from tests.fixtures.stripe import local_stripe
from tests.fixtures.web.customer_site import CustomerSite, first_visit, settle


@pytest.fixture
def site(new_database: Callable[[str], str], tmp_path: Path) -> Iterator[Installation]:
    urls = {name: new_database(name) for name in SERVICES}
    with installation(urls, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def settled_customer_site(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CustomerSite]:
    """Made once for a module: what tests change is who answers, hardly ever data."""
    with ExitStack() as stack:
        urls = {
            name: stack.enter_context(fresh_database(postgres_server, name))
            for name in SERVICES
        }
        folder: Path = tmp_path_factory.mktemp("site")
        stripe = stack.enter_context(local_stripe()).gateway()
        ways = {**BILLING.gateways, GatewayName.STRIPE: stripe}
        settings = replace(BILLING, gateways=ways)
        yield settle(stack.enter_context(installation(urls, folder, billing=settings)))


@pytest.fixture
def customer_site(settled_customer_site: CustomerSite) -> Iterator[CustomerSite]:
    """A first visit of this test's own."""
    with first_visit(settled_customer_site) as visit:
        yield visit
