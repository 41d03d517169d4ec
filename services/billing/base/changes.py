"""What every change of billing's is made with."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from shared.rpc.service import Call
from shared.runtime import Runtime


@dataclass(frozen=True)
class Change:
    """Somebody's change, in its transaction."""

    db: Session
    runtime: Runtime
    call: Call
