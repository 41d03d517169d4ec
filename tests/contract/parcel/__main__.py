"""Runs the service as its own process, as `python -m tests.contract.parcel`."""

from shared.rpc.nameko_runtime import serve  # isort: skip  it must come first

from shared.runtime import Runtime
from shared.settings import Settings
from tests.contract.parcel.contract import NAME
from tests.contract.parcel.service import ParcelService, make_database


def build(settings: Settings, runtime: Runtime) -> ParcelService:
    return ParcelService(make_database(settings.database_url(NAME)), runtime)


serve(NAME, build)
