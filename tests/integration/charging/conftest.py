from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launcher.databases import SERVICES
from tests.fixtures.installations import Installation, installation
from tests.integration.charging.tenant import Tenant


@pytest.fixture
def site(new_database: Callable[[str], str], tmp_path: Path) -> Iterator[Installation]:
    """An installation of its own."""
    urls = {name: new_database(name) for name in SERVICES}
    with installation(urls, tmp_path) as site:
        yield site


@pytest.fixture
def tenant(site: Installation) -> Tenant:
    """A customer with a wallet in euros."""
    return Tenant(site, "rent@example.com")
