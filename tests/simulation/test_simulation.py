"""Whatever happens on the way, what is to hold holds once all has settled.

``SIMULATION_SEED`` replays one seed, and ``SIMULATION_ACTS`` says how long it is.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fixtures.properties import examples, new_random
from tests.simulation.conftest import Simulate
from tests.simulation.run import ACTS

GIVEN = os.environ.get("SIMULATION_SEED")
SEEDS = [int(GIVEN)] if GIVEN else [1]
LENGTH = int(os.environ.get("SIMULATION_ACTS", ACTS))

LONG = 60
LONG_RUNS_S = examples(7)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_must_hold_holds_after_a_given_seed(
    simulation: Simulate, seed: int
) -> None:
    simulation(seed, LENGTH)


@pytest.mark.full
def test_a_seed_replays_exactly(simulation: Simulate) -> None:
    seed = int(GIVEN or 2)
    first, second = simulation(seed, LENGTH), simulation(seed, LENGTH)

    assert first.trace == second.trace
    assert first.databases == second.databases


@pytest.mark.full
@pytest.mark.timeout(600)
def test_a_seed_replays_exactly_in_another_process(tmp_path: Path) -> None:
    traces = [tmp_path / "first", tmp_path / "second"]
    for number, trace in enumerate(traces):
        chosen = {
            "SIMULATION_SEED": "1",
            "SIMULATION_TRACE": str(trace),
            "PYTHONHASHSEED": f"{number}",
        }
        command = [sys.executable, "-m", "pytest", "-q", __file__, "-k", "given"]
        subprocess.run(command, env=os.environ | chosen, check=True)

    assert traces[0].read_text() == traces[1].read_text() != ""


@pytest.mark.full
@pytest.mark.timeout(1200)
def test_what_must_hold_holds_whatever_the_seed(simulation: Simulate) -> None:
    """Other seeds each time; a run that fails says how to replay it."""
    until = time.monotonic() + LONG_RUNS_S
    chance = new_random("seeds")
    while time.monotonic() < until:
        for acts in (ACTS, ACTS, LONG):
            simulation(chance.getrandbits(32), acts)
