"""What every change of billing's is made with."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from shared.runtime import Runtime
from shared.service import Call


@dataclass(frozen=True)
class Change:
    """Somebody's change, in its transaction."""

    db: Session
    runtime: Runtime
    call: Call
