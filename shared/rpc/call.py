"""What a method knows of the call that it answers."""

from dataclasses import dataclass
from datetime import datetime

from shared.principal import Principal


@dataclass(frozen=True)
class Call:
    """The circumstances of one call. ``now`` is one moment for all of its work."""

    principal: Principal
    request_id: str
    now: datetime
