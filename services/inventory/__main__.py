"""Serves inventory over RabbitMQ: ``python -m services.inventory``."""

from shared.rpc.nameko_runtime import serve  # isort: skip  first of all: it patches

from pathlib import Path

from services.inventory.service import InventoryService
from shared.contracts import inventory
from shared.db.database import Database
from shared.db.migrations import migrate
from shared.runtime import Runtime
from shared.settings import Settings

MIGRATIONS = Path(__file__).parent / "migrations"


def build(settings: Settings, runtime: Runtime) -> InventoryService:
    url = settings.database_url(inventory.CONTRACT.name)
    migrate(url, MIGRATIONS)
    return InventoryService(Database(url), runtime)


if __name__ == "__main__":
    serve(inventory.CONTRACT.name, build)
