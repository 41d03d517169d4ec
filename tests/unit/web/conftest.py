"""The web application with nothing behind it: pages that ask no service."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from typing import cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from werkzeug.serving import make_server

from launcher.assets import ensure_assets
from shared.clock import SystemClock
from shared.rpc.client import ServiceClient
from shared.settings import read_settings
from tests.fixtures.stand_in import StandIn
from tests.fixtures.templates import with_compiled_templates
from web.app import create_app
from web.page.changes import Changes
from web.page.context import Context
from web.page.last_known import LastKnown

ROOT = Path(__file__).parents[3]
PROVIDER = {
    "PROVIDER_NAME": "Nordlicht Cloud",
    "PROVIDER_SUPPORT_URL": "https://support.example/",
}


@pytest.fixture(scope="session")
def new_pieces_app() -> Callable[..., Flask]:
    """Makes the application in development, with settings on top of PROVIDER.

    Its page of all pieces calls no service; there is none to call.
    """
    ensure_assets(ROOT)

    def make(**settings: str) -> Flask:
        context = Context(
            settings=read_settings({**PROVIDER, **settings}),
            client=cast("ServiceClient", None),
            verify_key=Ed25519PrivateKey.generate().public_key(),
            clock=SystemClock(),
            last_known=LastKnown(),
            changes=Changes(SystemClock()),
        )
        app = create_app(context, b"secret for tests", development=True)
        return with_compiled_templates(app)

    return make


@pytest.fixture(scope="session")
def pieces_app(new_pieces_app: Callable[..., Flask]) -> Flask:
    return new_pieces_app()


@pytest.fixture(scope="session")
def answered_app(new_pieces_app: Callable[..., Flask]) -> Flask:
    return new_pieces_app()


@pytest.fixture
def billing(answered_app: Flask) -> StandIn:
    """Answers as the test tells it to, and stands in for the other services, too."""
    return StandIn(answered_app)


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Flask], str]]:
    """Serves an application for a browser; returns its address."""
    with ExitStack() as servers:
        yield lambda app: servers.enter_context(_served(app))


@pytest.fixture(scope="session")
def pieces_url(pieces_app: Flask, serve: Callable[[Flask], str]) -> str:
    return serve(pieces_app)


@contextmanager
def _served(app: Flask) -> Iterator[str]:
    server = make_server("localhost", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
