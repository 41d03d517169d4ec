"""The context of the call that a method answers."""

from dataclasses import dataclass
from datetime import datetime

from shared.principal import Principal


@dataclass(frozen=True)
class Call:
    """The context of one call. ``now`` is the same time for all of its work."""

    principal: Principal
    request_id: str
    now: datetime
