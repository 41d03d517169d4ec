"""Connect an operator's command to the services.

Use RabbitMQ if AMQP_URL is set or a stack is running on this $VAR. Otherwise run the
services in the command's own process, on the databases in $VAR.
"""

import random
from collections.abc import Iterator
from contextlib import closing, contextmanager

from launcher.machine.keys import ensure_keys
from launcher.machine.layout import Layout
from launcher.servers.infrastructure import rabbitmq_of
from launcher.servers.local_databases import is_in_use, join_databases
from launcher.servers.local_services import LocalServices
from launcher.servers.rabbitmq import amqp_variable
from launcher.servers.supervision import Supervisor
from services.billing.settings import read_billing_settings
from shared.clock import make_clock
from shared.db.database import POOL_SIZE
from shared.logs import configure_logs
from shared.operator import Operator
from shared.rpc.amqp.client import AmqpClient
from shared.rpc.client import ServiceClient
from shared.runtime import Runtime
from shared.settings import Settings

_ACCOUNT = "operator"


@contextmanager
def connect(settings: Settings, name: str) -> Iterator[Operator]:
    """Connect an operator called ``name`` for the length of the block.

    Enter it in the main thread.

    Raises:
        LaunchError: no services can be reached or started.
        SettingError: a setting makes no sense, or what is built at set-up is missing.
    """
    layout = Layout(settings.var)
    layout.make()
    ensure_keys(settings.keys_dir)
    with layout.log_file("command-line").open("a") as log:
        configure_logs("command-line", stream=log)
        given = settings.environment.get(amqp_variable(_ACCOUNT)) or settings.amqp_url
        amqp_url = given or _stack_amqp_url(layout)
        if amqp_url:
            with closing(AmqpClient(amqp_url)) as client:
                yield _operator(settings, client, name)
        else:
            with _local_client(settings) as client:
                yield _operator(settings, client, name)


def _operator(settings: Settings, client: ServiceClient, name: str) -> Operator:
    key_file = settings.keys_dir / "operator.key"
    clock = make_clock(settings.clock_offset_file)
    return Operator(client, key_file, clock, name)


def _stack_amqp_url(layout: Layout) -> str | None:
    """Return the URL of the broker of a stack that runs on this $VAR, if any."""
    is_own = layout.pid_file("rabbitmq").exists()
    if is_own and Supervisor(layout).is_running():
        return rabbitmq_of(layout).url(account=_ACCOUNT)
    return None


@contextmanager
def _local_client(settings: Settings) -> Iterator[ServiceClient]:
    runtime = Runtime(make_clock(settings.clock_offset_file), random.SystemRandom())
    joins_another = is_in_use(settings)
    with join_databases(settings) as urls:
        services = LocalServices(
            urls, settings, runtime, read_billing_settings(settings)
        )
        with closing(services):
            try:
                with services.client(POOL_SIZE) as client:
                    yield client
            finally:
                # A command that ends with refusals has also changed something. A
                # running instance delivers its own events, also to its pages.
                if not joins_another:
                    services.deliver_events()
