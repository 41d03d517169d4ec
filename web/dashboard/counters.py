"""The counters of the services summary, and which families they are about."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.contracts.inventory.reading import DashboardCounters, FamilyCounters

LARGEST = 2
"""Families that a counter names."""


@dataclass(frozen=True)
class Named:
    """The families with the most services of a kind, and how many further ones."""

    families: list[tuple[str, int]]
    further: int


@dataclass(frozen=True)
class Counters:
    """Inventory's counters with a few words for each."""

    counts: DashboardCounters

    @property
    def active_families(self) -> int:
        return sum(1 for family in self.counts.families if family.active)

    @property
    def suspended(self) -> Named:
        return self._name(lambda family: family.suspended)

    @property
    def leaving(self) -> Named:
        return self._name(lambda family: family.termination_requested)

    def _name(self, count: Callable[[FamilyCounters], int]) -> Named:
        found = [(it.name, count(it)) for it in self.counts.families if count(it)]
        found.sort(key=lambda each: -each[1])
        return Named(found[:LARGEST], len(found[LARGEST:]))
