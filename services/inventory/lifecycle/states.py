"""The states of a service and the ways between them. Pure.

    pending → active ⇄ suspended
       │         └─────────┴──→ terminated
       └──→ cancelled

The termination request is a mark on an active or suspended service.
"""

from collections.abc import Collection
from dataclasses import dataclass

from shared.contracts.inventory.services import ServiceState
from shared.errors import Conflict

PENDING = ServiceState.PENDING
ACTIVE = ServiceState.ACTIVE
SUSPENDED = ServiceState.SUSPENDED
TERMINATED = ServiceState.TERMINATED
CANCELLED = ServiceState.CANCELLED

LIVE = (PENDING, ACTIVE, SUSPENDED)
"""What Total Services counts, and what can still change."""

MARKABLE = frozenset({ACTIVE, SUSPENDED})
"""States in which a service can have a termination request."""


@dataclass(frozen=True)
class Transition:
    sources: frozenset[ServiceState]
    target: ServiceState


ACTIVATE = Transition(frozenset({PENDING}), ACTIVE)
SUSPEND = Transition(frozenset({ACTIVE}), SUSPENDED)
RESUME = Transition(frozenset({SUSPENDED}), ACTIVE)
TERMINATE = Transition(MARKABLE, TERMINATED)
CANCEL = Transition(frozenset({PENDING}), CANCELLED)


def require(state: ServiceState, allowed: Collection[ServiceState]) -> None:
    """Refuse an operation in the wrong state.

    Raises:
        Conflict: ``wrong_state`` with ``state``.
    """
    if state not in allowed:
        raise Conflict("wrong_state", state.value, {"state": state.value})
