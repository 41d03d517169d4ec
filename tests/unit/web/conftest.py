"""The web application with nothing behind it: pages that ask no service."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from werkzeug.serving import make_server

from launcher.assets import ensure_assets
from shared.client import ServiceClient
from shared.clock import SystemClock
from shared.settings import read_settings
from web.app import create_app
from web.context import Context
from web.last_known import LastKnown

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def built_assets() -> None:
    ensure_assets(ROOT)


@pytest.fixture(scope="session")
def pieces_app(built_assets: None) -> Flask:
    """The application in development, whose page of all pieces calls no service."""
    settings = read_settings(
        {
            "PROVIDER_NAME": "Nordlicht Cloud",
            "PROVIDER_SUPPORT_URL": "https://support.example/",
        }
    )
    context = Context(
        settings=settings,
        client=cast("ServiceClient", None),
        verify_key=Ed25519PrivateKey.generate().public_key(),
        clock=SystemClock(),
        last_known=LastKnown(),
    )
    return create_app(context, b"secret for tests", development=True)


@pytest.fixture(scope="session")
def pieces_url(pieces_app: Flask) -> Iterator[str]:
    """The address of the same application, served for a browser."""
    server = make_server("localhost", 0, pieces_app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.port}"
    server.shutdown()
    thread.join()
