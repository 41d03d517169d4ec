"""What a service is given from outside: time, chance and a place for heavy work.

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
    """Runs a function that computes for long, where it holds up nobody else."""

    def __call__(self, function: Callable[[], Result], /) -> Result: ...


def run_here(function: Callable[[], Result]) -> Result:
    """Offload for places with a thread of their own per call: just run it."""
    return function()


@dataclass(frozen=True)
class Runtime:
    clock: Clock
    random: random.Random
    offload: Offload = run_here

    def new_id(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)

    def new_request_id(self) -> str:
        """The id of work that nobody asked for: a run of a job."""
        return self.random.randbytes(8).hex()

    def new_token(self) -> str:
        """Make a secret of 256 bits, in hexadecimal."""
        return self.random.randbytes(32).hex()
