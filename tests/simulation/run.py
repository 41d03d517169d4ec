"""One run: actors act in bad weather, everything settles, the invariants are held."""

import os
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from structlog.processors import format_exc_info
from structlog.testing import capture_logs

from tests.simulation.actors.kinds import Actor, make_actors
from tests.simulation.invariants import differences
from tests.simulation.locks import LockWatch
from tests.simulation.network import Message
from tests.simulation.scheduler import Broken, Task
from tests.simulation.snapshot import snapshot
from tests.simulation.weather import CALM, Weather
from tests.simulation.world import World, make_world

ACTS = 12
"""Of each actor in a short run."""

_MAX_STEPS_PER_ACT = 4_000
_SHOWN_LINES = 60

_TASKS = 12.0
_MESSAGES = 4.0
_AT_LAST = 0.000_001
"""What happens only when nothing else can."""

_SHORT_TIMES = (timedelta(seconds=1), timedelta(minutes=1), timedelta(minutes=20))
_LONG_TIMES = (timedelta(hours=7), timedelta(days=1), timedelta(days=3))


@dataclass(frozen=True)
class Outcome:
    trace: list[str]
    databases: Mapping[str, list[str]]


class Run:
    def __init__(self, seed: int, world: World, acts: int) -> None:
        self._world = world
        self._acts = acts
        self._scheduler = world.scheduler
        self._network = world.network
        self._random = world.random
        self._steps_left = acts * _MAX_STEPS_PER_ACT
        self._scheduler.note(f"seed {seed}, {acts} acts each")

    def act(self) -> None:
        """Let all actors act, until each is through."""
        self._network.weather = Weather.draw(self._random)
        self._scheduler.note(f"{self._network.weather}")
        for actor in make_actors(self._world):
            self._start(actor)
        self._go_on()

    def settle(self) -> None:
        """Deliver all that is still on its way, and run all jobs, till all is still.

        A job may have news after the relay has looked: one quiet round is none.
        """
        self._network.weather = CALM
        self._network.down.clear()
        self._scheduler.note("settles")
        quiet_rounds = 0
        while quiet_rounds < 2:
            published = len(self._network.published)
            for service in self._world.dispatchers:
                for job in self._world.jobs(service):
                    self._network.start_job(service, job)
            self._go_on()
            is_quiet = len(self._network.published) == published
            quiet_rounds = quiet_rounds + 1 if is_quiet else 0

    def _start(self, actor: Actor) -> None:
        def work() -> None:
            for _ in range(self._acts):
                self._scheduler.pause("thinks")
                actor.act()

        def then(task: Task) -> None:
            if task.error is not None:
                raise Broken(f"{task.name}: {task.error!r}") from task.error

        self._scheduler.start(actor.name, None, work, then)

    def _go_on(self) -> None:
        while moves := self._moves():
            self._steps_left -= 1
            if not self._steps_left:
                raise Broken("it goes on and on")
            weights = [weight for weight, _ in moves]
            _, move = self._random.choices(moves, weights)[0]
            move()

    def _moves(self) -> list[tuple[float, Callable[[], None]]]:
        """What could happen next, and how likely; none when nothing is left."""
        weather, network = self._network.weather, self._network
        moves: list[tuple[float, Callable[[], None]]] = []
        if ready := self._scheduler.ready():
            moves.append((_TASKS, lambda: self._step(ready)))
        if messages := network.deliverable():
            moves.append((_MESSAGES, lambda: self._deliver(messages)))
        if network.impatient():
            moves.append((max(weather.impatience, _AT_LAST), self._lose_patience))
        if network.down:
            moves.append((1.0, self._restart))
        if moves and weather.haste:
            moves.append((weather.haste, self._pass_time))
            moves.append((weather.crash, self._crash))
        return moves

    def _step(self, ready: list[Task]) -> None:
        self._scheduler.step(self._random.choice(ready))

    def _deliver(self, messages: list[Message]) -> None:
        self._network.deliver(self._random.choice(messages))

    def _lose_patience(self) -> None:
        self._network.give_up(self._random.choice(self._network.impatient()))

    def _pass_time(self) -> None:
        # Nobody is in the middle of something for hours.
        is_night = self._scheduler.is_idle() and self._random.random() < 0.5
        step = self._random.choice(_LONG_TIMES if is_night else _SHORT_TIMES)
        self._scheduler.note(f"{step} pass")
        self._world.clock.move(step)

    def _crash(self) -> None:
        service = self._random.choice(list(self._world.dispatchers))
        self._network.down.add(service)
        self._scheduler.crash(service)

    def _restart(self) -> None:
        service = self._random.choice(sorted(self._network.down))
        self._scheduler.note(f"{service} is up again")
        self._network.down.remove(service)


def simulate(
    seed: int,
    urls: Mapping[str, str],
    var: Path,
    watch: LockWatch,
    acts: int = ACTS,
) -> Outcome:
    """Run one seed over empty databases.

    Raises:
        Broken: an invariant does not hold, or something failed that must not; the
            text has the seed, the end of the trace, and how to replay it.
    """
    with capture_logs([format_exc_info]) as logs:
        world = make_world(urls, var, Random(seed), watch)
        with closing(world.services):
            run = Run(seed, world, acts)
            try:
                run.act()
                run.settle()
                _check(world)
            except Broken as error:
                faults = [f"{log['exception']}" for log in logs if "exception" in log]
                report = _report(seed, acts, world, error, faults)
                raise Broken(report) from error.__cause__
            finally:
                world.scheduler.stop()
                _keep(world.scheduler.trace)
            return Outcome(world.scheduler.trace, snapshot(world))


def _check(world: World) -> None:
    if found := differences(world):
        raise Broken("\n".join(found))


def _keep(trace: list[str]) -> None:
    if path := os.environ.get("SIMULATION_TRACE"):
        Path(path).write_text("\n".join(trace), encoding="utf-8")


def _report(
    seed: int, acts: int, world: World, error: Broken, faults: list[str]
) -> str:
    trace = world.scheduler.trace
    settings = f"SIMULATION_SEED={seed} SIMULATION_ACTS={acts}"
    return "\n".join(
        [
            f"{error}",
            *faults[-1:],
            f"The last of {len(trace)} lines (SIMULATION_TRACE=file keeps all):",
            *trace[-_SHOWN_LINES:],
            f"Replay: {settings} pytest tests/simulation -k given",
        ]
    )
