from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launcher.databases import SERVICES
from tests.fixtures.installations import installation
from tests.integration.charging.tenant import Tenant


@pytest.fixture
def tenant(new_database: Callable[[str], str], tmp_path: Path) -> Iterator[Tenant]:
    """A customer of an installation of its own, with a wallet in euros."""
    urls = {name: new_database(name) for name in SERVICES}
    with installation(urls, tmp_path) as site:
        yield Tenant(site, "rent@example.com")
