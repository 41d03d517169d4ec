"""Serves identity over RabbitMQ: ``python -m services.identity``."""

from shared.rpc.nameko_runtime import serve  # isort: skip  first of all: it patches

from pathlib import Path

import structlog

from services.identity.service import IdentityService
from services.identity.settings import read_identity_settings
from shared.contracts import identity
from shared.db.database import Database
from shared.db.migrations import migrate
from shared.runtime import Runtime
from shared.settings import Settings

log = structlog.get_logger()

MIGRATIONS = Path(__file__).parent / "migrations"


def build(settings: Settings, runtime: Runtime) -> IdentityService:
    url = settings.database_url(identity.CONTRACT.name)
    migrate(url, MIGRATIONS)
    own = read_identity_settings(settings)
    if own.postbox is None:
        log.warning("no_mail_server", setting="SMTP_URL")
    return IdentityService(Database(url), runtime, own)


if __name__ == "__main__":
    serve(identity.CONTRACT.name, build)
