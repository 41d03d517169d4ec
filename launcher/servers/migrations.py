"""Migrate the services' databases."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import make_url

from launcher.machine.errors import LaunchError
from launcher.servers.databases import APPEND_ONLY, grant_rows
from shared.db import migrations


def migrate(
    urls: Mapping[str, str], owners: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Run each service's missing migrations; fast if there are none.

    ``owners`` are the URLs for those who own the tables, where these are others than
    the services themselves.
    """
    for service, url in urls.items():
        owner = owners.get(service, url)
        migrations.migrate(owner, migrations_of(service))
        if make_url(owner).username != make_url(url).username:
            grant_rows(owner, url, APPEND_ONLY.get(service, ()))


def migrations_of(service: str) -> Path:
    spec = find_spec(f"services.{service}")
    if spec is None or spec.origin is None:
        raise LaunchError(f"Unknown service {service!r}.")
    return Path(spec.origin).parent / "migrations"
