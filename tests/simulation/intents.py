"""What actors wanted, and what they were told: the invariants are held against it."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from uuid import UUID

from shared.contract import Effect, Method
from shared.errors import ContractError


class Outcome(Enum):
    UNKNOWN = "unknown"
    """No answer came, or not yet."""
    DONE = "done"
    REFUSED = "refused"


@dataclass
class Intent:
    """One effect that somebody wants, under one key, however often it is tried.

    ``began`` and ``ended`` are places in the trace.
    """

    number: int
    who: str
    method: Method[Any, Any]
    request: Any
    principal: str
    company_id: UUID | None
    began: int
    ended: int | None = None
    outcome: Outcome = Outcome.UNKNOWN
    response: Any = None
    executions: list[Any] = field(default_factory=list)
    """What each try came to inside the service: its response, or an exception."""

    @property
    def request_id(self) -> str:
        return f"intent-{self.number}"

    @property
    def key(self) -> str | None:
        changes = self.method.effect is Effect.CHANGE
        return f"key-{self.number}" if changes else None

    @property
    def may_have_effect(self) -> bool:
        """Whether some try was not refused; a crash says nothing either way."""
        return any(not isinstance(e, ContractError) for e in self.executions)

    def __str__(self) -> str:
        return f"{self.who} {self.method}#{self.number}"
