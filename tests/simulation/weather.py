"""How bad a run is: the odds of each fault, drawn from its seed."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Weather:
    """``loss`` and ``double`` are per message; the others weigh against each step."""

    loss: float = 0.0
    double: float = 0.0
    crash: float = 0.0
    impatience: float = 0.0
    haste: float = 0.0
    """How readily time passes."""

    @classmethod
    def draw(cls, random: Random) -> "Weather":
        return cls(
            loss=random.choice([0.0, 0.05, 0.15]),
            double=random.choice([0.05, 0.15, 0.3]),
            crash=random.choice([0.0, 0.02, 0.06]),
            impatience=random.choice([0.05, 0.3]),
            haste=random.choice([0.1, 0.3]),
        )


CALM = Weather()
"""Messages still come late and out of order, but nothing more is lost."""
