"""Run proxy, RabbitMQ, PostgreSQL, services and web under a supervisor."""

import fcntl
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from launcher.machine.errors import LaunchError
from launcher.machine.keys import ensure_keys
from launcher.machine.layout import Layout
from launcher.machine.ports import keep_port, read_port
from launcher.machine.processes import is_alive, read_pid, tail, wait_until
from launcher.run.assets import ensure_assets
from launcher.run.credentials import folder_that_shares_keys
from launcher.run.first_run import ensure_demo
from launcher.run.readiness import missing_programs
from launcher.run.system_packages import ensure_nginx, ensure_rabbitmq
from launcher.sandbox import server as sandbox
from launcher.servers import given_broker
from launcher.servers.broker import definitions
from launcher.servers.databases import SERVICES, given_urls, own_urls, url_variable
from launcher.servers.infrastructure import (
    choose_ports,
    give_certificate,
    postgres_of,
    rabbitmq_of,
)
from launcher.servers.local_databases import prepare_databases
from launcher.servers.rabbitmq import ADMINISTRATOR, NAMEKO, PROCESSES, amqp_variable
from launcher.servers.supervision import ROOT, Program, Supervisor
from shared.logs import configure_logs
from shared.settings import Settings, read_settings

POSTGRES = Program("postgres", priority=10, stop_signal="INT")
RABBITMQ = Program("rabbitmq", priority=10)
SERVICE_PROGRAMS = tuple(Program(service, priority=20) for service in SERVICES)
SANDBOX = Program("sandbox", priority=30)
WEB = Program("web", priority=30)
PROXY = Program("proxy", priority=40, stop_signal="QUIT")

_DATABASE_TIMEOUT_S = 60
_READY_TIMEOUT_S = 120


@dataclass(frozen=True)
class Address:
    url: str
    amqp_url: str
    admin_port: int
    has_demo: bool


class Stack:
    """One stack per $VAR, without the servers that the operator provides by URL."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._given = dict(environment)
        self._settings = read_settings(environment)
        self._layout = Layout(self._settings.var)
        self._supervisor = Supervisor(self._layout)
        self._has_postgres = len(given_urls(environment)) < len(SERVICES)
        self._broker_urls = given_broker.given_urls(environment)
        self._has_rabbitmq = not (self._settings.amqp_url or self._broker_urls)

    def start(self) -> Address:
        """Start what is not running yet and wait until everything is ready.

        Raises:
            LaunchError: something did not start; the message says what it logged.
        """
        self._layout.make()
        with _one_at_a_time(self._layout.run / "stack.lock"):
            if self._supervisor.is_running():
                self._renew_certificate()
                return self._bring_up()
            self._prepare()
            try:
                self._supervisor.start(self._programs(), self._environment())
                return self._bring_up()
            except BaseException:
                self._supervisor.stop()
                raise

    def stop(self) -> bool:
        """Stop everything and return whether anything was running."""
        return self._supervisor.stop()

    def _programs(self) -> list[Program]:
        own = [POSTGRES] * self._has_postgres + [RABBITMQ] * self._has_rabbitmq
        return [*own, *SERVICE_PROGRAMS, *self._fronts]

    @property
    def _fronts(self) -> tuple[Program, ...]:
        """The programs that customers reach; a public address has no sandbox."""
        if self._settings.is_loopback:
            return (SANDBOX, WEB, PROXY)
        return (WEB, PROXY)

    def _prepare(self) -> None:
        if closed := folder_that_shares_keys(self._layout.run / "keys"):
            print(
                f"Other users can't enter {closed}, so all programs run as one user "
                "and can read each other's keys. To separate them, run "
                f"chmod o+x {closed}",
                flush=True,
            )
        if self._has_rabbitmq:
            ensure_rabbitmq()
        ensure_nginx()
        ensure_assets(ROOT)
        ensure_keys(self._settings.keys_dir)
        self._supervisor.forget_ended()
        choose_ports(self._layout)
        sandbox.choose_port(self._layout)
        keep_port(self._layout.port_file("web"), preferred=self._settings.port)
        keep_port(self._layout.port_file("admin"), self._settings.admin_port)
        self._layout.make_socket_folder("web")
        if self._has_postgres:
            postgres_of(self._layout).prepare()
        self._prepare_broker()

    def _prepare_broker(self) -> None:
        if not self._has_rabbitmq:
            given_broker.set_up_broker(self._given)
            return
        node = rabbitmq_of(self._layout)
        accounts = (ADMINISTRATOR, *PROCESSES, NAMEKO)
        node.prepare(definitions({name: node.password(name) for name in accounts}))

    def _renew_certificate(self) -> None:
        """Make the proxy load the current certificate without downtime."""
        proxy = read_pid(self._layout.pid_file(PROXY.name))
        if self._settings.has_tls and proxy and is_alive(proxy):
            give_certificate(self._layout, self._settings)
            os.kill(proxy, signal.SIGHUP)

    def _bring_up(self) -> Address:
        """Start the programs, those without dependencies first."""
        for program in self._programs():
            if program in {POSTGRES, RABBITMQ}:
                self._supervisor.ensure_started(program.name)
        has_demo = self._bring_up_databases()
        for program in (*SERVICE_PROGRAMS, *self._fronts):
            self._supervisor.ensure_started(program.name)
        environment = self._environment()
        self._wait_until_ready(read_settings(environment))
        return Address(
            url=environment["PUBLIC_URL"],
            amqp_url=self._amqp_url,
            admin_port=int(environment["ADMIN_PORT"]),
            has_demo=has_demo,
        )

    @property
    def _amqp_url(self) -> str:
        """Return the URL for nameko's own clients."""
        if self._has_rabbitmq:
            return rabbitmq_of(self._layout).url(account=NAMEKO)
        return self._broker_urls.get(NAMEKO, self._settings.amqp_url)

    def _bring_up_databases(self) -> bool:
        """Prepare the databases; return whether the demo is loaded."""
        server = postgres_of(self._layout) if self._has_postgres else None
        if server and not wait_until(server.is_ready, _DATABASE_TIMEOUT_S):
            reason = self._log_of(POSTGRES.name)
            raise LaunchError(f"PostgreSQL did not start:\n{reason}")
        with self._layout.log_file("launcher").open("a") as log:
            configure_logs("launcher", stream=log)
            urls = prepare_databases(self._settings, server)
            return ensure_demo(self._settings, urls)

    def _environment(self) -> dict[str, str]:
        """Return the settings of every program."""
        port = read_port(self._layout.port_file("web"))
        scheme = "https" if self._settings.has_tls else "http"
        environment = {
            "PUBLIC_URL": f"{scheme}://localhost:{port}",
            **self._given,
            "PORT": str(port),
            "ADMIN_PORT": str(read_port(self._layout.port_file("admin"))),
            "WEB_SOCKET": str(self._layout.socket("web")),
            "OWN_PROXY": "yes",
            "VAR": str(self._settings.var),
            "KEYS_DIR": str(self._settings.keys_dir),
        }
        environment |= sandbox.environment(self._settings, self._layout)
        urls = given_urls(self._given)
        if self._has_postgres:
            urls = own_urls(postgres_of(self._layout), self._layout.secrets) | urls
        environment |= {url_variable(service): url for service, url in urls.items()}
        if self._has_rabbitmq:
            node = rabbitmq_of(self._layout)
            environment |= {amqp_variable(n): node.url(account=n) for n in PROCESSES}
        return environment

    def _wait_until_ready(self, settings: Settings) -> None:
        if wait_until(lambda: not missing_programs(settings), _READY_TIMEOUT_S):
            return
        logs = [
            f"{name} is not ready ({why}); the end of its log:\n{self._log_of(name)}"
            for name, why in missing_programs(settings).items()
        ]
        raise LaunchError("\n\n".join(logs))

    def _log_of(self, name: str) -> str:
        return tail(self._layout.log_file(name))


@contextmanager
def _one_at_a_time(file: Path) -> Iterator[None]:
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
