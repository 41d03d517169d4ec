"""What a measure finds, and the one table it is told in."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from launcher.machine.errors import LaunchError


class Limit(Enum):
    AT_MOST = "≤"
    AT_LEAST = "≥"


@dataclass(frozen=True)
class Goal:
    """What the ratio A / B is to be; it counts to two decimal places, as shown."""

    limit: Limit
    ratio: float

    def __str__(self) -> str:
        return f"{self.limit.value} {self.ratio:g}"

    def is_reached(self, ratio: float) -> bool:
        shown = round(ratio, 2)
        if self.limit is Limit.AT_MOST:
            return shown <= self.ratio
        return shown >= self.ratio


@dataclass(frozen=True)
class Figure:
    """Two things measured in turns, in the same ``unit``; without a goal, to know."""

    what: str
    a: float
    b: float
    unit: str
    goal: Goal | None = None

    def __post_init__(self) -> None:
        if self.b <= 0:
            raise LaunchError(f"{self.what}: nothing was measured to compare with")

    @property
    def ratio(self) -> float:
        return self.a / self.b

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        return "yes" if self.goal.is_reached(self.ratio) else "NO"


def at_most(ratio: float) -> Goal:
    return Goal(Limit.AT_MOST, ratio)


def at_least(ratio: float) -> Goal:
    return Goal(Limit.AT_LEAST, ratio)


_ROW = "{:<66} {:>14} {:>14} {:>7} {:>7} {:>8}"


def heading() -> Iterator[str]:
    head = _ROW.format("What: A against B", "A", "B", "A / B", "goal", "reached")
    yield head
    yield "─" * len(head)


def row(figure: Figure) -> str:
    return _ROW.format(
        figure.what,
        f"{figure.a:,.1f} {figure.unit}",
        f"{figure.b:,.1f} {figure.unit}",
        f"{figure.ratio:.2f}",
        str(figure.goal or ""),
        figure.verdict,
    )
