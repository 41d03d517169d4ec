"""A customer's browser before the real services, all in this process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launcher.servers.databases import SERVICES
from tests.fixtures.installations import Installation, installation


@pytest.fixture
def site(new_database: Callable[[str], str], tmp_path: Path) -> Iterator[Installation]:
    urls = {name: new_database(name) for name in SERVICES}
    with installation(urls, tmp_path) as made:
        yield made
