"""The web application with nothing behind it, or with answers made up by a test."""

import pytest
from flask import Flask

from tests.fixtures.fake_services import FakeServices
from tests.fixtures.pieces import new_pieces_app


@pytest.fixture(scope="session")
def pieces_app() -> Flask:
    return new_pieces_app()


@pytest.fixture(scope="session")
def answered_app() -> Flask:
    return new_pieces_app()


@pytest.fixture
def billing(answered_app: Flask) -> FakeServices:
    """Answers as the test tells it to, and stands in for the other services, too."""
    return FakeServices(answered_app)
