"""Who starts the services' jobs: the relay all the time, others when they are due."""

from datetime import datetime

from shared.rpc.service import Job
from tests.simulation.scheduler import current_task
from tests.simulation.world import World


class Timetable:
    """One instance of each service; two of them may run the same job at once."""

    def __init__(self, world: World, name: str) -> None:
        self.name = name
        self._world = world
        self._last_runs: dict[str, datetime] = {}

    def act(self) -> None:
        service = self._world.random.choice(list(self._world.dispatchers))
        if service in self._world.network.down:
            return
        relay, *others = self._world.jobs(service)
        self._run(service, next(filter(self._is_due, others), relay))

    def _is_due(self, job: Job) -> bool:
        last_run = self._last_runs.get(job.name)
        return last_run is None or self._world.clock.now() >= last_run + job.every

    def _run(self, service: str, job: Job) -> None:
        self._last_runs[job.name] = self._world.clock.now()
        self._world.network.start_job(service, job, current_task())
        self._world.scheduler.wait(f"waits for {job.name}")
