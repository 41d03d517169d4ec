"""Docker with its compose, or podman with podman-compose, as the trial uses them."""

import os
import shlex
import shutil
import subprocess
from abc import abstractmethod
from pathlib import Path
from typing import Protocol

from launcher.machine.processes import wait_until

ROOT = Path(__file__).resolve().parents[2]
IMAGE = "client-area:latest"
COMMAND_TIMEOUT_S = 900
HEALTHY_WITHIN_S = 300

SETUP = ("setup",)
STAGES = (
    ("postgres", "rabbitmq", "mail"),
    SETUP,
    ("identity", "inventory", "billing"),
    ("web",),
    ("proxy",),
)
"""The order of starting that docker-compose.yml asks for."""


class Engine(Protocol):
    """Runs containers, and says of each whether it is well."""

    program: str
    compose_command: tuple[str, ...]
    minds_conditions: bool
    """Whether a service waits until those it depends on are healthy, or have ended."""

    @abstractmethod
    def is_well(self, container: str) -> bool:
        """Whether the container's own health check passes."""


class Docker(Engine):
    program = "docker"
    compose_command = ("docker", "compose")
    minds_conditions = True

    def is_well(self, container: str) -> bool:
        state = "{{.State.Health.Status}}"
        return run("docker", "inspect", "--format", state, container) == "healthy"


class Podman(Engine):
    program = "podman"
    compose_command = ("podman-compose",)
    minds_conditions = False  # podman before 4.6 does not

    def is_well(self, container: str) -> bool:
        # Without systemd nobody else asks.
        command = ("podman", "healthcheck", "run", container)
        return not subprocess.run(command, check=False, capture_output=True).returncode


def find_engine() -> Engine:
    """Docker where its engine answers, else podman.

    Raises:
        SystemExit: there is neither.
    """
    if shutil.which("docker") and all(
        _passes("docker", *asked) for asked in (("compose", "version"), ("info",))
    ):
        return Docker()
    if shutil.which("podman") and shutil.which("podman-compose"):
        return Podman()
    raise SystemExit("docker compose is needed, or podman and podman-compose")


class Project:
    """The stack of docker-compose.yml, under a name and with settings of its own."""

    def __init__(self, engine: Engine, name: str, settings: dict[str, str]) -> None:
        self._engine = engine
        self._name = name
        self._environment = {**os.environ, **settings}

    def build(self) -> None:
        options = shlex.split(os.environ.get("BUILD_OPTIONS", ""))
        run(self._engine.program, "build", *options, "--tag", IMAGE, str(ROOT))

    def compose(self, *arguments: str) -> str:
        command = self._engine.compose_command
        # No .env of the operator's is read: the trial has secrets of its own.
        name = ("--project-name", self._name, "--env-file", "/dev/null")
        return run(*command, *name, *arguments, environment=self._environment)

    def up(self) -> None:
        """Start all of it; returns when the last has been started."""
        up = ("up", "--detach", "--no-build")
        if self._engine.minds_conditions:
            self.compose(*up)
            return
        for stage in STAGES:
            self.compose(*up, "--no-deps", *stage)
            if stage == SETUP:
                self._wait_for_end("setup")
            else:
                self.wait_until_well(stage)

    def wait_until_well(self, services: tuple[str, ...]) -> None:
        """Wait for the services' health checks.

        Raises:
            SystemExit: not all pass in time.
        """
        if not wait_until(lambda: not self._unwell(services), HEALTHY_WITHIN_S):
            raise SystemExit(f"not healthy: {', '.join(self._unwell(services))}")

    def _unwell(self, services: tuple[str, ...]) -> list[str]:
        return [name for name in services if not self._is_well(name)]

    def _is_well(self, service: str) -> bool:
        containers = self._containers(service)
        return bool(containers) and all(map(self._engine.is_well, containers))

    def _wait_for_end(self, service: str) -> None:
        for container in self._containers(service):
            status = run(self._engine.program, "wait", container)
            if status != "0":
                raise SystemExit(f"{service} ended with {status}")

    def _containers(self, service: str) -> list[str]:
        labels = {"project": self._name, "service": service}
        filters = (
            f"--filter=label=com.docker.compose.{label}={value}"
            for label, value in labels.items()
        )
        return run(self._engine.program, "ps", "--all", "--quiet", *filters).split()


def run(*command: str, environment: dict[str, str] | None = None) -> str:
    """Run a command and return what it says.

    Raises:
        SystemExit: it failed; the message has the end of what it said.
    """
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=COMMAND_TIMEOUT_S,
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()[-30:]
        raise SystemExit("\n".join([f"{shlex.join(command)} failed:", *said]))
    return done.stdout.strip()


def _passes(*command: str) -> bool:
    return not subprocess.run(command, check=False, capture_output=True).returncode
