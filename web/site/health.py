"""For the operator's monitoring: alive, ready, and figures to watch."""

import time

from flask import Blueprint, Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)

from shared.contracts import billing, identity, inventory
from shared.rpc.readiness import find_missing
from web.page.context import context

CONTRACTS = (identity.CONTRACT, inventory.CONTRACT, billing.CONTRACT)

bp = Blueprint("health", __name__)

_registry = CollectorRegistry()
_requests = Counter(
    "web_requests_total",
    "Requests answered.",
    ("endpoint", "status"),
    registry=_registry,
)
_durations = Histogram(
    "web_request_seconds", "Time to answer.", ("endpoint",), registry=_registry
)


@bp.get("/healthz")
def healthy() -> ResponseReturnValue:
    return {"status": "ok"}


@bp.get("/readyz")
def ready() -> ResponseReturnValue:
    """Ready when each service is; ``missing`` names those that are not, and why."""
    missing = find_missing(context().client, CONTRACTS, g.request_id)
    status = 503 if missing else 200
    return jsonify(status="waiting" if missing else "ok", missing=missing), status


@bp.get("/metrics")
def metrics() -> ResponseReturnValue:
    figures = generate_latest(_registry) + generate_latest(context().client.figures)
    return Response(figures, content_type=CONTENT_TYPE_LATEST)


def count_requests(app: Flask) -> None:
    @app.before_request
    def start_timer() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        _requests.labels(endpoint, response.status_code).inc()
        _durations.labels(endpoint).observe(time.perf_counter() - g.started)
        return response
