"""The context of the call that a method answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.contract import Method, Request
from shared.principal import Principal


@dataclass(frozen=True)
class Call:
    """The context of one call. ``now`` is the same time for all of its work.

    ``method`` and ``request`` are what was called; None for a job or an event.
    """

    principal: Principal
    request_id: str
    now: datetime
    method: Method[Any, Any] | None = None
    request: Request | None = None
