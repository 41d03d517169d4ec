"""For the operator's monitoring, at a port of its own: ready, and figures to watch."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import waitress.server
from flask import Flask, Response, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from shared.contracts import billing, identity, inventory
from shared.rpc.client import ServiceClient
from shared.rpc.readiness import find_missing
from shared.settings import LOOPBACK_HOSTS
from web.site.health import requests_registry

CONTRACTS = (identity.CONTRACT, inventory.CONTRACT, billing.CONTRACT)

_ADDRESS = "127.0.0.1"
_THREADS = 2


def make_admin_app(client: ServiceClient, figures: Callable[[], bytes]) -> Flask:
    """``figures`` gives the text for Prometheus."""
    app = Flask(__name__, static_folder=None)
    app.config["TRUSTED_HOSTS"] = [host for host in LOOPBACK_HOSTS if ":" not in host]

    @app.get("/readyz")
    def ready() -> ResponseReturnValue:
        """Ready when each service is; ``missing`` names those that are not, and why."""
        missing = find_missing(client, CONTRACTS, token_hex(8))
        status = 503 if missing else 200
        return jsonify(status="waiting" if missing else "ok", missing=missing), status

    @app.get("/metrics")
    def metrics() -> ResponseReturnValue:
        return Response(figures(), content_type=CONTENT_TYPE_LATEST)

    return app


def figures_of_process(client: ServiceClient) -> bytes:
    """The figures of this process alone."""
    return generate_latest(requests_registry) + generate_latest(client.figures)


def figures_of_workers(folder: Path) -> bytes:
    """The figures of all processes that keep theirs in ``folder``, added up.

    What ended workers counted stays in the sums.
    """
    for file in folder.glob("gauge_live*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not Path(f"/proc/{pid}").exists():
            mark_process_dead(pid, os.fspath(folder))  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    MultiProcessCollector(registry, os.fspath(folder))  # type: ignore[no-untyped-call]
    return generate_latest(registry)


@contextmanager
def served(app: Flask, port: int) -> Iterator[None]:
    """Serve at the loopback address, in a thread, for the length of the block."""
    server = waitress.server.create_server(
        app, host=_ADDRESS, port=port, threads=_THREADS
    )
    threading.Thread(target=server.run, name="admin", daemon=True).start()
    try:
        yield
    finally:
        server.close()
