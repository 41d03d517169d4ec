"""Runs the service as its own process, as `python -m tests.contract.parcel`."""

from shared.rpc.nameko_runtime import serve  # isort: skip  it must come first

import os
import time

from shared.runtime import Runtime
from shared.settings import Settings
from tests.contract.parcel.contract import NAME
from tests.contract.parcel.service import CLOCK_AHEAD_S, ParcelService, make_database


def build(settings: Settings, runtime: Runtime) -> ParcelService:
    return ParcelService(make_database(settings.database_url(NAME)), runtime)


if ahead_s := float(os.environ.get(CLOCK_AHEAD_S, "0")):
    true_time = time.time
    time.time = lambda: true_time() + ahead_s
serve(NAME, build)
