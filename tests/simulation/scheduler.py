"""One thread at a time, and the seed decides which.

Each piece of work (an actor's, a call's, an event's, a job's) is a task with a thread
of its own. It stops of its own accord before every SQL statement, before COMMIT and
wherever else `Scheduler.pause` is called, and goes on only when it is chosen. A task
that waits for a lock inside PostgreSQL is set aside until the lock's holder, which is
another task, has gone on; then it stops again, before it touches anything of Python's.
"""

import threading
from collections.abc import Callable, Iterable
from enum import Enum

from tests.simulation.locks import LockWatch

COMMIT = "COMMIT"

_QUICK_S = 0.004
"""A statement that takes longer is asked about: it may be waiting for a lock."""
_POLL_S = 0.001


class Crash(BaseException):
    """The task's process ends here; what it has not committed is lost."""


class Broken(AssertionError):
    """The simulation can't go on; the text says what is wrong."""


class State(Enum):
    READY = "ready"
    RUNNING = "running"
    LOCKED = "waits for a lock"
    WAITING = "waits for an answer"
    ENDED = "ended"


class Task:
    """``service`` is whose process it is part of; None for those outside."""

    def __init__(
        self,
        name: str,
        service: str | None,
        work: Callable[[], None],
        changed: threading.Condition,
    ) -> None:
        self.name = name
        self.service = service
        self.state = State.READY
        self.at = "begins"
        self.error: Exception | None = None
        self.is_doomed = False
        self.has_crashed = False
        self.was_cancelled = False
        self.backend_pid = 0
        self._work = work
        self._changed = changed
        self._turn = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def go_on(self) -> None:
        self.state = State.RUNNING
        self._turn.release()

    def stop(self, state: State, at: str) -> None:
        """Stop here until chosen; in the task's own thread."""
        with self._changed:
            self.state, self.at = state, at
            self._changed.notify_all()
        self._turn.acquire()

    def crash_if_doomed(self) -> None:
        if self.is_doomed and not self.has_crashed:
            self.has_crashed = True
            raise Crash

    def _run(self) -> None:
        _here.task = self
        self._turn.acquire()
        try:
            self.crash_if_doomed()
            self._work()
        except Crash:
            pass
        except Exception as error:  # noqa: BLE001  told to whoever started the task
            self.error = error
        with self._changed:
            self.state = State.ENDED
            self._changed.notify_all()


class Scheduler:
    def __init__(self, watch: LockWatch) -> None:
        self.trace: list[str] = []
        self._watch = watch
        self._changed = threading.Condition()
        self._tasks: list[Task] = []
        self._endings: dict[Task, Callable[[Task], None]] = {}
        self._has_released = False

    def note(self, line: str) -> None:
        self.trace.append(f"{len(self.trace):05} {line}")

    def start(
        self,
        name: str,
        service: str | None,
        work: Callable[[], None],
        then: Callable[[Task], None],
    ) -> Task:
        """A new task, ready to begin. ``then`` is called when it has ended."""
        task = Task(name, service, work, self._changed)
        self._tasks.append(task)
        self._endings[task] = then
        return task

    def ready(self) -> list[Task]:
        """Those that can go on.

        Who is about to ask for just what another one waits for is kept back, if
        possible: PostgreSQL does not keep all of its queues in order.
        """
        asked_for = {task.at for task in self._in(State.LOCKED)} - {COMMIT}
        ready = self._in(State.READY)
        return [task for task in ready if task.at not in asked_for] or ready

    def working_in(self, service: str) -> int:
        """How many tasks the service is at."""
        return sum(task.service == service for task in self._tasks)

    def is_idle(self) -> bool:
        """Whether no service is at anything."""
        return all(task.service is None for task in self._tasks)

    def step(self, task: Task) -> None:
        """Let one task go on to its next stop."""
        self.note(f"{task.name}: {task.at}")
        self._let_run(task)

    def crash(self, service: str) -> None:
        """End a service's process: all of its tasks, wherever they are.

        One that waits for a lock ends once it is given it, as the database notices
        only then that nobody is there any more.
        """
        self.note(f"{service} crashes")
        for task in [each for each in self._tasks if each.service == service]:
            task.is_doomed = True
            if task.state is State.READY:
                self._let_run(task)

    def stop(self) -> None:
        """End everything, whatever it is at."""
        self._endings = dict.fromkeys(self._tasks, lambda _task: None)
        while self._tasks:
            for task in self._tasks:
                task.is_doomed = True
            stopped = self._in(State.READY, State.WAITING)
            if stopped:
                stopped[0].go_on()
            else:
                self._watch.cancel(task.backend_pid for task in self._tasks)
            with self._changed:
                self._changed.wait_for(lambda: not self._in(State.RUNNING), _POLL_S)
            self._tasks = [t for t in self._tasks if t.state is not State.ENDED]

    def pause(self, at: str) -> None:
        """In a task's thread: stop here. Elsewhere this does nothing.

        Raises:
            Crash: the task's process has crashed meanwhile.
        """
        task = current_task()
        if task is None or task.has_crashed:
            return
        task.crash_if_doomed()
        task.stop(State.READY, at)
        task.crash_if_doomed()

    def wait(self, for_what: str) -> None:
        """In a task's thread: stop until `wake` makes it ready, and it is chosen."""
        task = current_task()
        assert task is not None
        task.stop(State.WAITING, for_what)
        task.crash_if_doomed()

    def wake(self, task: Task) -> None:
        assert task.state is State.WAITING
        task.state = State.READY

    def back_from_database(self) -> None:
        """In a task's thread: stop if a lock had to be waited for meanwhile."""
        task = current_task()
        if task is not None and task.state is State.LOCKED:
            task.stop(State.READY, "has the lock")

    def note_release(self) -> None:
        """In any thread: a transaction ends, and others may be given its locks."""
        self._has_released = True

    def _let_run(self, task: Task) -> None:
        self._has_released = False
        task.go_on()
        self._until_all_stand_still()
        ended = self._in(State.ENDED)
        self._tasks = [each for each in self._tasks if each not in ended]
        for each in ended:
            self._endings.pop(each)(each)

    def _until_all_stand_still(self) -> None:
        with self._changed:
            all_stopped = self._changed.wait_for(self._nobody_runs, _QUICK_S)
        if all_stopped and not (self._has_released and self._in(State.LOCKED)):
            return
        earlier = None
        while in_flight := self._in(State.RUNNING, State.LOCKED):
            waits = self._watch.read(task.backend_pid for task in in_flight)
            # Two readings, as one alone is not taken of all in the same moment.
            if len(waits.blockers) == len(in_flight) and waits == earlier:
                if not self._cancel_one(in_flight, waits.crowds):
                    self._set_aside(in_flight, waits.blockers)
                    return
                earlier = None
                continue
            earlier = waits
            with self._changed:
                self._changed.wait_for(self._nobody_runs, _POLL_S)

    def _nobody_runs(self) -> bool:
        return not self._in(State.RUNNING)

    def _cancel_one(self, in_flight: list[Task], crowds: Iterable[set[int]]) -> bool:
        """Time out one of those who would be woken at once."""
        for pids in crowds:
            those = [task for task in in_flight if task.backend_pid in pids]
            late = next((t for t in those if t.state is State.RUNNING), those[-1])
            self.note(f"{late.name}: is timed out, as another waits before it")
            late.was_cancelled = True
            late.state = State.LOCKED
            self._watch.cancel([late.backend_pid])
            while late.state is State.LOCKED:
                with self._changed:
                    self._changed.wait(_POLL_S)
            return True
        return False

    def _set_aside(
        self, in_flight: list[Task], blockers: dict[int, frozenset[int]]
    ) -> None:
        for task in in_flight:
            if task.state is State.RUNNING:
                task.state = State.LOCKED
                self.note(f"{task.name}: waits for a lock")
        names = {task.backend_pid: task.name for task in in_flight}
        free = {pid for pid in names if blockers[pid] - names.keys()}
        while more := {pid for pid in names if blockers[pid] & free} - free:
            free |= more
        if stuck := [name for pid, name in names.items() if pid not in free]:
            raise Broken(f"deadlock between {' and '.join(stuck)}")

    def _in(self, *states: State) -> list[Task]:
        return [task for task in self._tasks if task.state in states]


class _Here(threading.local):
    task: Task | None = None


_here = _Here()


def current_task() -> Task | None:
    """The task whose thread this is."""
    return _here.task
