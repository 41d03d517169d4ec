"""Whatever is killed, and however: nothing is left running, or all of it comes back."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.machine.layout import Layout
from launcher.machine.processes import is_alive, read_pid, wait_until
from launcher.servers.infrastructure import postgres_of
from launcher.servers.supervision import ROOT
from tests.fixtures.launches import (
    END_TIMEOUT_S,
    ONE_STACK,
    PROGRAMS,
    START_TIMEOUT_S,
    RunningStack,
    begin,
    count_by_kind,
    environment_for,
    everything_ended,
    is_ready,
    launch,
    log_of,
    var_below,
)
from tests.fixtures.process_table import processes_of
from tests.fixtures.properties import new_random

# One at a time, beside the one of tests/e2e: more are too much for a small machine.
pytestmark = pytest.mark.timeout(400)

FIRST_START_S, STACK_START_S = 4.8, 6.0
"""About as long as they take on a quiet machine."""

Span = tuple[float, float]


def spans(length_s: float, number: int) -> list[Span]:
    """Cut a length of time into equal parts."""
    step = length_s / number
    return [(step * each, step * (each + 1)) for each in range(number)]


def moment_in(span: Span) -> float:
    """Another one with each run; the output of a failed test says which."""
    chosen = new_random(f"{span}").uniform(*span)
    sys.stdout.write(f"killed after {chosen:.3f} s\n")
    return chosen


def kill_in_each_span(
    length_s: float, *, full: int, nightly: int
) -> pytest.MarkDecorator:
    """Cut the time into so many for each change, and into more of them each night."""
    cases = [
        pytest.param(span, marks=mark, id=f"{mark.name}-{place}")
        for mark, number in ((pytest.mark.full, full), (pytest.mark.nightly, nightly))
        for place, span in enumerate(spans(length_s, number), start=1)
    ]
    return pytest.mark.parametrize("span", cases)


@pytest.fixture(scope="module")
def used_var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A $VAR that one run after the other uses; loading the demo takes its time."""
    return var_below(tmp_path_factory.mktemp("used"))


@pytest.fixture
def var(used_var: Path) -> Path:
    assert everything_ended(used_var), processes_of(used_var)
    return used_var


@pytest.fixture
def environment(var: Path) -> dict[str, str]:
    return environment_for(var)


@pytest.fixture
def embedded(
    var: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """An embedded run that is ready."""
    launcher = launch("run", environment)
    assert wait_until(lambda: is_ready(environment), START_TIMEOUT_S), log_of(var)
    yield launcher
    launcher.kill()
    launcher.wait()


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(signal.SIGINT, marks=pytest.mark.fault),
        pytest.param(signal.SIGTERM, marks=pytest.mark.fault),
        pytest.param(signal.SIGKILL, marks=pytest.mark.full),
    ],
)
def test_the_embedded_run_takes_its_postgresql_along(
    embedded: subprocess.Popen[bytes], var: Path, how: signal.Signals
) -> None:
    assert len(processes_of(var)) > 1

    embedded.send_signal(how)
    embedded.wait(END_TIMEOUT_S)

    assert everything_ended(var), processes_of(var)
    assert embedded.returncode == (-how if how is signal.SIGKILL else 0), log_of(var)


@pytest.mark.full
def test_the_embedded_run_restarts_a_killed_postgresql(
    embedded: subprocess.Popen[bytes], var: Path, environment: dict[str, str]
) -> None:
    killed = read_pid(var / "run" / "postgres.pid")
    assert killed

    os.kill(killed, signal.SIGKILL)

    pid_file = var / "run" / "postgres.pid"
    assert wait_until(lambda: read_pid(pid_file) not in {killed, None}, END_TIMEOUT_S)
    assert wait_until(postgres_of(Layout(var)).is_ready, END_TIMEOUT_S)
    assert embedded.poll() is None


@pytest.mark.full
def test_the_embedded_run_ends_with_the_make_that_started_it(
    var: Path, environment: dict[str, str]
) -> None:
    # What is installed already is taken as it is.
    as_it_is = ["-o", ".venv/runtime.stamp", "-o", ".venv/bin/python"]
    make = begin(["make", *as_it_is, "run"], environment)
    assert wait_until(lambda: is_ready(environment), START_TIMEOUT_S), log_of(var)

    make.kill()
    make.wait()

    assert everything_ended(var), processes_of(var)


@pytest.fixture
def stack(var: Path, environment: dict[str, str]) -> Iterator[RunningStack]:
    """A stack that is ready."""
    assert launch("stack", environment).wait(START_TIMEOUT_S) == 0, log_of(var)
    yield RunningStack(environment)
    launch("stack-stop", environment).wait(END_TIMEOUT_S)


@pytest.mark.full
def test_a_stack_comes_back_from_any_kill_and_goes_without_a_trace(
    stack: RunningStack, var: Path, environment: dict[str, str]
) -> None:
    # One test for all, since a stack takes long to start.
    assert count_by_kind(var) == ONE_STACK
    for program in PROGRAMS:
        killed = stack.pid(program)
        stack.kill(program)
        assert comes_back(stack, program, killed), program
    stack.wait_until_ready()
    assert wait_until(lambda: count_by_kind(var) == ONE_STACK, END_TIMEOUT_S)

    stack.kill("supervisord")
    assert everything_ended(var), processes_of(var)

    assert launch("stack", environment).wait(START_TIMEOUT_S) == 0, log_of(var)
    assert is_ready(environment)
    assert launch("stack-stop", environment).wait(END_TIMEOUT_S) == 0, log_of(var)
    assert processes_of(var) == {}


def comes_back(stack: RunningStack, program: str, killed: int) -> bool:
    return wait_until(lambda: stack.pid(program) != killed, END_TIMEOUT_S)


@pytest.mark.fault
@pytest.mark.timeout(900)
def test_whichever_single_process_is_killed_nothing_is_missing_or_runs_twice(
    stack: RunningStack, var: Path
) -> None:
    for kind in sorted({kind_of(command) for command in processes_of(var).values()}):
        if kill_one(var, kind):
            stack.wait_until_ready()
            whole = wait_until(lambda: count_by_kind(var) == ONE_STACK, END_TIMEOUT_S)
            assert whole, (kind, processes_of(var))


def kind_of(command: str) -> str:
    """What the processes that do the same have in common."""
    return re.sub(r"\d+", "", command)


def kill_one(var: Path, kind: str) -> bool:
    """Kill a process of the kind; False when none is left to be killed alone.

    With supervisord all of the stack ends. The shell that brings back epmd comes back
    with the broker only.
    """
    if "supervisord" in kind or "while :; do" in kind:
        return False
    alike = [pid for pid, each in processes_of(var).items() if kind_of(each) == kind]
    if not alike:
        return False
    os.kill(alike[0], signal.SIGKILL)
    assert wait_until(lambda: not is_alive(alike[0]), END_TIMEOUT_S)
    return True


@kill_in_each_span(STACK_START_S, full=2, nightly=6)
def test_a_stack_whose_launcher_was_killed_is_completed_by_the_next(
    var: Path, environment: dict[str, str], span: Span
) -> None:
    launcher = launch("stack", environment)
    try:
        launcher.wait(moment_in(span))
    except subprocess.TimeoutExpired:
        launcher.kill()
        launcher.wait()

    try:
        assert launch("stack", environment).wait(START_TIMEOUT_S) == 0, log_of(var)
        assert is_ready(environment)
        assert wait_until(lambda: count_by_kind(var) == ONE_STACK, END_TIMEOUT_S)
    finally:
        stopped = launch("stack-stop", environment).wait(START_TIMEOUT_S) == 0
    assert stopped, log_of(var)
    assert everything_ended(var), processes_of(var)


@pytest.mark.full
def test_a_killed_test_run_takes_its_servers_along(tmp_path: Path) -> None:
    test = tmp_path / "test_that_waits.py"
    test.write_text(
        "import signal\n"
        "def test_it(postgres_server, rabbitmq_server):\n"
        f"    open({str(tmp_path / 'started')!r}, 'w').close()\n"
        "    signal.pause()\n"
    )
    conftest = Path(__file__).parents[1] / "conftest.py"
    (tmp_path / "conftest.py").write_bytes(conftest.read_bytes())
    options = ["-n1", "-c", str(conftest.parents[1] / "pyproject.toml")]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", *options, "--rootdir", tmp_path, test],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    assert wait_until((tmp_path / "started").exists, START_TIMEOUT_S)

    run.kill()
    run.wait()

    assert everything_ended(tmp_path), processes_of(tmp_path)


@kill_in_each_span(FIRST_START_S, full=4, nightly=12)
def test_a_launcher_killed_at_any_moment_of_its_first_start_can_start_again(
    tmp_path: Path, span: Span
) -> None:
    var = var_below(tmp_path)
    environment = environment_for(var)
    launcher = launch("run", environment)
    try:
        launcher.wait(moment_in(span))
    except subprocess.TimeoutExpired:
        launcher.kill()
        launcher.wait()

    assert everything_ended(var), processes_of(var)

    again = launch("run", environment)
    assert wait_until(lambda: is_ready(environment), START_TIMEOUT_S), log_of(var)
    again.kill()
    again.wait()
    assert everything_ended(var), processes_of(var)
