"""Serves billing over RabbitMQ: ``python -m services.billing``."""

from shared.nameko_runtime import serve  # isort: skip  first of all: it patches

from pathlib import Path

from services.billing.gateways.settings import read_gateways
from services.billing.limits import read_limits
from services.billing.service import BillingService
from shared.contracts import billing
from shared.database import Database
from shared.migrations import migrate
from shared.runtime import Runtime
from shared.settings import Settings

MIGRATIONS = Path(__file__).parent / "migrations"


def build(settings: Settings, runtime: Runtime) -> BillingService:
    url = settings.database_url(billing.NAME)
    migrate(url, MIGRATIONS)
    limits, gateways = read_limits(settings.environment), read_gateways(settings)
    return BillingService(Database(url), runtime, limits, gateways)


if __name__ == "__main__":
    serve(billing.NAME, build)
