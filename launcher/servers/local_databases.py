"""Prepare the services' databases for a process that uses them directly."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2

from launcher.machine.errors import LaunchError
from launcher.machine.layout import Layout
from launcher.servers.databases import (
    SERVICES,
    administration,
    given_owner_urls,
    given_urls,
    make_databases,
    own_owner_urls,
    own_urls,
)
from launcher.servers.infrastructure import choose_ports, postgres_of
from launcher.servers.migrations import migrate
from launcher.servers.old_activity import forget_old_activity
from launcher.servers.postgres import PostgresServer, RunningPostgres, owner_of, running
from launcher.servers.unfinished_demo import drop_unfinished_demo
from shared.clock import make_clock
from shared.settings import Settings


def prepare_databases(
    settings: Settings, server: PostgresServer | None
) -> dict[str, str]:
    """Make and migrate the services' databases; return their URLs by service.

    ``server`` is our own; without it, the operator provides all databases.
    """
    urls = given_urls(settings.environment)
    owners = given_owner_urls(settings.environment)
    if server:
        secrets = Layout(settings.var).secrets
        own, own_owners = own_urls(server, secrets), own_owner_urls(server, secrets)
        with administration(server.connect()) as cur:
            drop_unfinished_demo(settings, cur, own)
            make_databases(cur, server.connect, own, own_owners)
        urls, owners = own | urls, own_owners | owners
    migrate(urls, owners)
    now = make_clock(settings.clock_offset_file).now()
    forget_old_activity(owners["identity"], now)
    return urls


def forget_activity(settings: Settings) -> int:
    """Delete acts of more than a year ago while PostgreSQL runs; return how many.

    Raises:
        LaunchError: PostgreSQL does not answer.
    """
    owners = given_owner_urls(settings.environment)
    if "identity" not in owners:
        layout = Layout(settings.var)
        owners = own_owner_urls(postgres_of(layout), layout.secrets)
    now = make_clock(settings.clock_offset_file).now()
    try:
        return forget_old_activity(owners["identity"], now)
    except psycopg2.OperationalError as error:
        raise LaunchError(f"Identity's database can't be reached: {error}") from error


@contextmanager
def open_databases(
    settings: Settings,
) -> Iterator[tuple[dict[str, str], RunningPostgres | None]]:
    """Provide the services' migrated databases for the length of the block.

    Gives their URLs by service, and our own PostgreSQL unless the operator provides
    all databases. To be entered in the main thread.

    Raises:
        LaunchError: another instance works on this $VAR, or PostgreSQL did not start.
    """
    if len(given_urls(settings.environment)) == len(SERVICES):
        yield prepare_databases(settings, None), None
        return
    layout = Layout(settings.var)
    layout.make()
    choose_ports(layout)
    log, pid_file = layout.log_file("postgres"), layout.pid_file("postgres")
    with running(postgres_of(layout), log, pid_file) as postgres:
        yield prepare_databases(settings, postgres.server), postgres


def is_in_use(settings: Settings) -> bool:
    """Return whether an instance with a PostgreSQL of its own runs on this $VAR."""
    return owner_of(Layout(settings.var).var / "postgres") is not None


@contextmanager
def join_databases(settings: Settings) -> Iterator[dict[str, str]]:
    """Like `open_databases`, but next to an instance that may run on this $VAR.

    Raises:
        LaunchError: PostgreSQL did not start.
    """
    if is_in_use(settings):
        layout = Layout(settings.var)
        urls = own_urls(postgres_of(layout), layout.secrets)
        yield urls | given_urls(settings.environment)
        return
    with open_databases(settings) as (urls, _):
        yield urls
