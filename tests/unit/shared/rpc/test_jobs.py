"""Jobs run again and again, each in its turn, whatever becomes of one run."""

import threading
from collections.abc import Callable
from datetime import timedelta
from random import Random

import structlog

from shared.clock import SystemClock
from shared.errors import Unavailable
from shared.rpc.jobs import JobThreads, run_job
from shared.rpc.service import Job
from shared.runtime import Runtime

PATIENCE_S = 5
SELDOM = timedelta(hours=1)
OFTEN = timedelta(milliseconds=1)
RUNTIME = Runtime(SystemClock(), Random(1))


class Runs:
    """Counts runs; a test waits for the next one."""

    def __init__(self, then: Callable[[], None] = lambda: None) -> None:
        self.request_ids: list[str] = []
        self.begun = threading.Semaphore(0)
        self._then = then

    def __call__(self, request_id: str) -> None:
        self.request_ids.append(request_id)
        self.begun.release()
        self._then()

    def next(self, timeout_s: float = PATIENCE_S) -> bool:
        return self.begun.acquire(timeout=timeout_s)


def test_a_job_runs_at_once_and_then_at_its_interval() -> None:
    runs = Runs()
    jobs = JobThreads([Job("often", OFTEN, runs)], RUNTIME)
    jobs.start()

    assert all(runs.next() for _ in range(3))

    jobs.stop()


def test_a_job_is_woken_before_its_interval_is_over() -> None:
    runs, wake = Runs(), threading.Event()
    jobs = JobThreads([Job("woken", SELDOM, runs, wake)], RUNTIME)
    jobs.start()
    assert runs.next()

    wake.set()

    assert runs.next()
    jobs.stop()


def test_work_that_comes_during_a_run_is_done_in_another() -> None:
    wake = threading.Event()
    first = [True]

    def find_more_work() -> None:
        if first.pop() if first else False:
            wake.set()

    runs = Runs(find_more_work)
    jobs = JobThreads([Job("woken", SELDOM, runs, wake)], RUNTIME)
    jobs.start()

    assert runs.next()
    assert runs.next()
    jobs.stop()


def test_a_job_that_fails_has_its_next_turn() -> None:
    def fail() -> None:
        raise RuntimeError

    def refuse() -> None:
        raise Unavailable("broker_unreachable")

    failing, refused = Runs(fail), Runs(refuse)
    jobs = JobThreads(
        [Job("fails", OFTEN, failing), Job("refused", OFTEN, refused)], RUNTIME
    )
    jobs.start()

    assert all(runs.next() for runs in (failing, refused) for _ in range(3))

    jobs.stop()


def test_stopping_waits_for_the_run_in_hand_and_begins_no_other() -> None:
    let_go, finished = threading.Event(), threading.Event()

    def work() -> None:
        let_go.wait(PATIENCE_S)
        finished.set()

    runs = Runs(work)
    jobs = JobThreads([Job("slow", OFTEN, runs)], RUNTIME)
    jobs.start()
    assert runs.next()

    stopper = threading.Thread(target=jobs.stop)
    stopper.start()
    let_go.set()
    stopper.join(PATIENCE_S)

    assert finished.is_set()
    assert not runs.next(timeout_s=0)


def test_each_run_has_a_request_id_that_its_log_lines_have() -> None:
    runtime = Runtime(SystemClock(), Random(7))
    seen: list[tuple[str, object]] = []

    def work(request_id: str) -> None:
        logged = structlog.contextvars.get_contextvars()
        seen.append((request_id, logged.get("request_id")))

    job = Job("looks", SELDOM, work)
    run_job(job, runtime)
    run_job(job, runtime)

    again = Runtime(SystemClock(), Random(7))
    ids = [again.new_request_id(), again.new_request_id()]
    assert seen == [(each, each) for each in ids]
    assert ids[0] != ids[1]
