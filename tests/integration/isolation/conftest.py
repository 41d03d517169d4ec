from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from launcher.servers.databases import SERVICES
from launcher.servers.postgres import PostgresServer
from shared.db.database import normalise_url
from tests.fixtures.databases import fresh_database
from tests.fixtures.installations import installation
from tests.fixtures.isolation.world import World


@pytest.fixture(scope="module")
def world(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Made once for a module: what a refused call leaves behind is part of it."""
    var: Path = tmp_path_factory.mktemp("isolation")
    with ExitStack() as stack:
        urls = {
            name: stack.enter_context(fresh_database(postgres_server, name))
            for name in SERVICES
        }
        engines = {n: create_engine(normalise_url(url)) for n, url in urls.items()}
        for engine in engines.values():
            stack.callback(engine.dispose)
        site = stack.enter_context(installation(urls, var))
        yield World(site, engines)
