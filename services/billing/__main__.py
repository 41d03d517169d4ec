"""Serves billing over RabbitMQ: ``python -m services.billing``."""

from shared.rpc.nameko_runtime import serve  # isort: skip  first of all: it patches

from pathlib import Path

from services.billing.service import BillingService, prepare
from services.billing.settings import read_billing_settings
from shared.contracts import billing
from shared.db.database import Database
from shared.db.migrations import migrate
from shared.runtime import Runtime
from shared.settings import Settings

MIGRATIONS = Path(__file__).parent / "migrations"


def build(settings: Settings, runtime: Runtime) -> BillingService:
    url = settings.database_url(billing.CONTRACT.name)
    migrate(url, MIGRATIONS)
    database, own = Database(url), read_billing_settings(settings)
    with database.system() as session:
        prepare(session, own, runtime.clock.now())
    return BillingService(database, runtime, own)


if __name__ == "__main__":
    serve(billing.CONTRACT.name, build)
