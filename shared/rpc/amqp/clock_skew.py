"""Compare this machine's clock with each service's, by their replies' times.

Calls do not depend on it, but principals expire and events happen by the clocks.
"""

import time
from typing import Any

import structlog

log = structlog.get_logger()

TOLERATED_S = 1.0
_AGAIN_AFTER_S = 600.0


class ClockSkew:
    """The clock skew of each service; use it from one thread."""

    def __init__(self) -> None:
        self._logged_at: dict[str, float] = {}

    def note(self, service: str, asked_at: float, sent_at: Any) -> None:
        """Log a wrong clock: a reply is sent after the call and before now.

        ``asked_at`` is by our clock; ``sent_at`` by the service's, as it came.
        """
        try:
            ahead_s = _outside(float(sent_at), asked_at, time.time())
        except (TypeError, ValueError):
            return  # from an older service, or not one of ours
        now = time.monotonic()
        logged_at = self._logged_at.get(service, -_AGAIN_AFTER_S)
        if abs(ahead_s) > TOLERATED_S and now - logged_at >= _AGAIN_AFTER_S:
            self._logged_at[service] = now
            log.warning("clock_skew", service=service, ahead_s=round(ahead_s, 3))


def _outside(moment: float, earliest: float, latest: float) -> float:
    """Return how far a time is outside a span; negative if it is before it."""
    return moment - min(max(moment, earliest), latest)
