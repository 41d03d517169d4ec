"""The services' databases, for a process that works on them itself."""

from collections.abc import Iterator
from contextlib import contextmanager

from launcher.databases import SERVICES, ensure_databases, given_urls, own_urls
from launcher.infrastructure import choose_ports, postgres_of
from launcher.layout import Layout
from launcher.migrations import migrate
from launcher.postgres import RunningPostgres, owner_of, running
from shared.settings import Settings


@contextmanager
def open_databases(
    settings: Settings,
) -> Iterator[tuple[dict[str, str], RunningPostgres | None]]:
    """The services' migrated databases for the length of the block.

    Gives their URLs by service, and our own PostgreSQL unless the operator provides
    all databases. To be entered in the main thread.

    Raises:
        LaunchError: another instance works on this $VAR, or PostgreSQL did not start.
    """
    given = given_urls(settings.environment)
    if len(given) == len(SERVICES):
        migrate(given)
        yield given, None
        return
    layout = Layout(settings.var)
    layout.make()
    choose_ports(layout)
    log, pid_file = layout.log_file("postgres"), layout.pid_file("postgres")
    with running(postgres_of(layout), log, pid_file) as postgres:
        urls = ensure_databases(postgres.server, layout.secrets) | given
        migrate(urls)
        yield urls, postgres


@contextmanager
def join_databases(settings: Settings) -> Iterator[dict[str, str]]:
    """As `open_databases`, but beside an instance that may be running on this $VAR.

    Raises:
        LaunchError: PostgreSQL did not start.
    """
    layout = Layout(settings.var)
    if owner_of(layout.var / "postgres"):
        urls = own_urls(postgres_of(layout), layout.secrets)
        yield urls | given_urls(settings.environment)
        return
    with open_databases(settings) as (urls, _):
        yield urls
