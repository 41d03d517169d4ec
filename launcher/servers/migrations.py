"""Brings the services' databases to the newest form."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from launcher.machine.errors import LaunchError
from shared.db import migrations


def migrate(urls: Mapping[str, str]) -> None:
    """Run each service's missing migrations; quick when there are none."""
    for service, url in urls.items():
        migrations.migrate(url, migrations_of(service))


def migrations_of(service: str) -> Path:
    spec = find_spec(f"services.{service}")
    if spec is None or spec.origin is None:
        raise LaunchError(f"there is no service {service}")
    return Path(spec.origin).parent / "migrations"
