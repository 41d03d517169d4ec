"""Alive or not, and the requests that are counted for the operator's monitoring."""

import time

from flask import Blueprint, Flask, Response, g, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, Counter, Histogram

bp = Blueprint("health", __name__)

requests_registry = CollectorRegistry()
_requests = Counter(
    "web_requests_total",
    "Requests answered.",
    ("endpoint", "status"),
    registry=requests_registry,
)
_durations = Histogram(
    "web_request_seconds",
    "Time to answer.",
    ("endpoint",),
    registry=requests_registry,
)


@bp.get("/healthz")
def healthy() -> ResponseReturnValue:
    return {"status": "ok"}


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
