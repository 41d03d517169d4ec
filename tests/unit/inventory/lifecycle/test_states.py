"""The ways between states are those of the design, and no others."""

from itertools import product

import pytest

from services.inventory.lifecycle import states
from services.inventory.reading.search import words_of
from shared.contracts.inventory.services import ServiceState
from shared.errors import Conflict

ALLOWED = {
    ("pending", "active"),
    ("active", "suspended"),
    ("suspended", "active"),
    ("active", "terminated"),
    ("suspended", "terminated"),
    ("pending", "cancelled"),
}


TRANSITIONS = (
    states.ACTIVATE,
    states.SUSPEND,
    states.RESUME,
    states.TERMINATE,
    states.CANCEL,
)


def test_the_ways_between_states_are_those_of_the_design() -> None:
    ways = {
        (source.value, transition.target.value)
        for transition in TRANSITIONS
        for source in transition.sources
    }

    assert ways == ALLOWED


@pytest.mark.parametrize(("state", "transition"), [*product(ServiceState, TRANSITIONS)])
def test_a_wrong_state_is_refused_with_its_name(
    state: ServiceState, transition: states.Transition
) -> None:
    if state in transition.sources:
        states.require(state, transition.sources)
    else:
        with pytest.raises(Conflict) as refusal:
            states.require(state, transition.sources)
        assert refusal.value.parameters == {"state": state.value}


def test_a_search_is_split_at_everything_but_letters_and_digits() -> None:
    assert words_of(" web-01.example\x00.com'\\ & ::* é ") == [
        "web",
        "01",
        "example",
        "com",
        "é",
    ]
