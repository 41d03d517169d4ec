"""Who acts in a run: a new kind of actor is one module, and a line here."""

from typing import Protocol

from tests.simulation.actors.customers import Customer
from tests.simulation.actors.operators import Operator
from tests.simulation.actors.timetable import Timetable
from tests.simulation.world import World


class Actor(Protocol):
    @property
    def name(self) -> str: ...

    def act(self) -> None:
        """Do one thing, in the actor's own thread, through the world."""
        ...


def make_actors(world: World) -> list[Actor]:
    return [
        *(Operator(world, f"operator-{number}") for number in range(3)),
        *(
            Customer(world, f"customer-{number}", company_id)
            for number, company_id in enumerate(world.companies)
        ),
        *(Timetable(world, f"timetable-{number}") for number in range(2)),
    ]
