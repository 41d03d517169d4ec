"""Whatever is killed, and however: nothing is left running, or all of it comes back."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.infrastructure import postgres_of
from launcher.layout import Layout
from launcher.ports import pick_port
from launcher.processes import read_pid, wait_until
from launcher.readiness import missing_programs
from launcher.supervision import ROOT
from tests.fixtures.process_table import processes_of

START_TIMEOUT_S = 150
END_TIMEOUT_S = 60  # for machines that are busy; it takes a few seconds

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def used_var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A $VAR that one run after the other uses; loading the demo takes its time."""
    return var_below(tmp_path_factory.mktemp("used"))


@pytest.fixture
def var(used_var: Path) -> Path:
    assert everything_ended(used_var), processes_of(used_var)
    return used_var


def var_below(folder: Path) -> Path:
    """A $VAR with a space in its path, below a folder that only we may enter."""
    closed = folder / "closed to others"
    closed.mkdir(mode=0o700)
    return closed / "var"


@pytest.fixture
def environment(var: Path) -> dict[str, str]:
    return environment_for(var)


def environment_for(var: Path) -> dict[str, str]:
    """The environment of someone who has set nothing but PORT and VAR."""
    ours = re.compile(r".*_DATABASE_URL|AMQP_URL|KEYS_DIR|PUBLIC_URL")
    kept = {k: v for k, v in os.environ.items() if not ours.fullmatch(k)}
    return {**kept, "VAR": str(var), "PORT": str(pick_port())}


def launch(command: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    with Path(environment["VAR"]).with_suffix(".log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "launcher", command],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def is_ready(environment: dict[str, str]) -> bool:
    port = int(environment["PORT"])
    return not missing_programs(port, f"http://localhost:{port}")


def everything_ended(var: Path) -> bool:
    return wait_until(lambda: processes_of(var) == {}, END_TIMEOUT_S)


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


def log_of(var: Path) -> str:
    return var.with_suffix(".log").read_text()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_embedded_run_takes_its_postgresql_along(
    embedded: subprocess.Popen[bytes], var: Path, how: signal.Signals
) -> None:
    assert len(processes_of(var)) > 1

    embedded.send_signal(how)
    embedded.wait(END_TIMEOUT_S)

    assert everything_ended(var), processes_of(var)
    assert embedded.returncode == (-how if how is signal.SIGKILL else 0), log_of(var)


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


@pytest.fixture
def stack(var: Path, environment: dict[str, str]) -> Iterator[Path]:
    """The folder of a stack's process ids, when all of it is ready."""
    assert launch("stack", environment).wait(START_TIMEOUT_S) == 0, log_of(var)
    yield var / "run"
    launch("stack-stop", environment).wait(END_TIMEOUT_S)


PROGRAMS = ("postgres", "rabbitmq", "identity", "inventory", "billing", "web")


def test_a_stack_comes_back_from_any_kill_and_goes_without_a_trace(
    stack: Path, var: Path, environment: dict[str, str]
) -> None:
    # One test for all, since a stack takes long to start.
    assert is_ready(environment)
    for program in PROGRAMS:
        killed = read_pid(stack / f"{program}.pid")
        assert killed, program
        os.kill(killed, signal.SIGKILL)
        assert comes_back(stack, program, killed), program
    assert wait_until(lambda: is_ready(environment), START_TIMEOUT_S)

    supervisord = read_pid(stack / "supervisord.pid")
    assert supervisord
    os.kill(supervisord, signal.SIGKILL)
    assert everything_ended(var), processes_of(var)

    assert launch("stack", environment).wait(START_TIMEOUT_S) == 0, log_of(var)
    assert is_ready(environment)
    assert launch("stack-stop", environment).wait(END_TIMEOUT_S) == 0, log_of(var)
    assert processes_of(var) == {}


def comes_back(run: Path, program: str, killed: int) -> bool:
    pid_file = run / f"{program}.pid"
    return wait_until(lambda: read_pid(pid_file) not in {killed, None}, END_TIMEOUT_S)


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


@pytest.mark.full
@pytest.mark.parametrize("after_s", [0.4 * n for n in range(1, 13)])
def test_a_launcher_killed_at_any_moment_of_its_first_start_can_begin_anew(
    tmp_path: Path, after_s: float
) -> None:
    var = var_below(tmp_path)
    environment = environment_for(var)
    launcher = launch("run", environment)
    try:
        launcher.wait(after_s)
    except subprocess.TimeoutExpired:
        launcher.kill()
        launcher.wait()

    assert everything_ended(var), processes_of(var)

    again = launch("run", environment)
    assert wait_until(lambda: is_ready(environment), START_TIMEOUT_S), log_of(var)
    again.kill()
    again.wait()
    assert everything_ended(var), processes_of(var)
