"""Serves identity over RabbitMQ: ``python -m services.identity``."""

from shared.rpc.nameko_runtime import serve  # isort: skip  first of all: it patches

from pathlib import Path

from services.identity.service import IdentityService
from shared.contracts import identity
from shared.db.database import Database
from shared.db.migrations import migrate
from shared.principal import load_private_key, load_public_key
from shared.runtime import Runtime
from shared.settings import Settings

MIGRATIONS = Path(__file__).parent / "migrations"


def build(settings: Settings, runtime: Runtime) -> IdentityService:
    url = settings.database_url(identity.CONTRACT.name)
    migrate(url, MIGRATIONS)
    return IdentityService(
        Database(url),
        runtime,
        signing_key=load_private_key(settings.keys_dir / "principal.key"),
        operator_key=load_public_key(settings.keys_dir / "operator.pub"),
    )


if __name__ == "__main__":
    serve(identity.CONTRACT.name, build)
