"""Whatever happens on the way, what is to hold holds once all has settled."""

import os
from random import SystemRandom
import time

import pytest

from tests.simulation.conftest import Simulate
from tests.simulation.run import ACTS

SEEDS = [int(seed) for seed in os.environ.get("SIMULATION_SEED", "1 2 3").split()]
LENGTH = int(os.environ.get("SIMULATION_ACTS", ACTS))

LONG = 40
LONG_RUN_S = 220


@pytest.mark.parametrize("seed", SEEDS)
def test_what_must_hold_holds_after_a_seeds_run(
    simulation: Simulate, seed: int
) -> None:
    simulation(seed, LENGTH)


def test_a_seed_replays_exactly(simulation: Simulate) -> None:
    first, second = simulation(SEEDS[0], LENGTH), simulation(SEEDS[0], LENGTH)

    assert first.trace == second.trace
    assert first.databases == second.databases
