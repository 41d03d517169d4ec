"""A service's external inputs: time, randomness and threads for heavy work.

A test hands in a standing clock and a seeded random source, and so replays a run
exactly.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar
from uuid import UUID

from shared.clock import Clock

Result = TypeVar("Result")


class Offload(Protocol):
    """Runs a long computation without blocking others."""

    def __call__(self, function: Callable[[], Result], /) -> Result: ...


def run_here(function: Callable[[], Result]) -> Result:
    """Run the function here; for callers with a thread per call."""
    return function()


@dataclass(frozen=True)
class Runtime:
    clock: Clock
    random: random.Random
    offload: Offload = run_here

    def new_id(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)

    def new_request_id(self) -> str:
        """Return a request id for work without a request, such as a job."""
        return self.random.randbytes(8).hex()

    def new_token(self) -> str:
        """Create a secret of 256 bits, in hexadecimal."""
        return self.random.randbytes(32).hex()
