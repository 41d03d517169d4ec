"""Set up the stack in containers, as the launcher does for `make stack`.

Run to its end before the programs start, at each start; see docker-compose.yml. Each
program then finds its keys in a folder of its own, and its database made.
"""

import time
from collections.abc import Mapping

import psycopg2
import psycopg2.errors
from psycopg2.extensions import connection
from sqlalchemy import make_url

from launcher.machine.errors import LaunchError
from launcher.machine.keys import ensure_keys
from launcher.machine.layout import Layout
from launcher.run.credentials import KEYS, copy_keys
from launcher.run.first_run import ensure_demo
from launcher.servers.databases import (
    ADMIN_URL,
    SERVICES,
    administration,
    given_owner_urls,
    libpq_url,
    make_databases,
)
from launcher.servers.given_broker import set_up_broker
from launcher.servers.migrations import migrate
from launcher.servers.old_activity import forget_old_activity
from launcher.servers.unfinished_demo import drop_unfinished_demo
from shared.clock import make_clock
from shared.logs import configure_logs
from shared.settings import Settings, read_settings

_DATABASE_TIMEOUT_S = 60
_RETRY_S = 0.5


def set_up(environment: Mapping[str, str]) -> bool:
    """Make keys, accounts, databases and tables; return whether the demo is loaded.

    Raises:
        LaunchError: PostgreSQL or the broker does not answer, or an administrator is
            none.
        SettingError: a service's database is not named, or an account's password.
    """
    settings = read_settings(environment)
    configure_logs("setup")
    urls = {service: settings.database_url(service) for service in SERVICES}
    owners = given_owner_urls(environment)
    _copy_keys(settings)
    set_up_broker(environment)
    if admin_url := environment.get(ADMIN_URL):
        _make_databases(settings, admin_url, urls, owners)
    migrate(urls, owners)
    now = make_clock(settings.clock_offset_file).now()
    forget_old_activity(owners["identity"], now)
    return ensure_demo(settings, urls)


def _copy_keys(settings: Settings) -> None:
    layout = Layout(settings.var)
    layout.make()
    ensure_keys(settings.keys_dir)
    for program in KEYS:
        copy_keys(program, settings.keys_dir, layout.keys_folder(program))


def _make_databases(
    settings: Settings,
    admin_url: str,
    urls: Mapping[str, str],
    owners: Mapping[str, str],
) -> None:
    def connect(database: str) -> connection:
        url = make_url(admin_url).set(database=database)
        return psycopg2.connect(libpq_url(url.render_as_string(hide_password=False)))

    try:
        with administration(_connect(admin_url)) as cur:
            drop_unfinished_demo(settings, cur, urls)
            make_databases(cur, connect, urls, owners)
    except psycopg2.errors.InsufficientPrivilege as error:
        raise LaunchError(
            f"The role in {ADMIN_URL} is not a superuser "
            f"({error.diag.message_primary}). Use a superuser, or create the databases "
            "yourself and leave the setting out."
        ) from error


def _connect(url: str) -> connection:
    """Connect as soon as PostgreSQL is up; nothing else waits for it."""
    deadline = time.monotonic() + _DATABASE_TIMEOUT_S
    while True:
        try:
            return psycopg2.connect(libpq_url(url))
        except psycopg2.OperationalError as error:
            if time.monotonic() > deadline:
                raise LaunchError(f"{ADMIN_URL} can't be used: {error}") from error
        time.sleep(_RETRY_S)
