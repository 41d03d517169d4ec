"""Create one database per service with two roles, as a superuser.

The service works with one of them: it reads and writes rows, and nothing more. The
other owns the tables and brings them to their newest form. So a service that is taken
over can neither change its tables nor switch off the triggers that guard the ledger.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.errors import InsufficientPrivilege
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, connection, cursor
from sqlalchemy import make_url

from launcher.machine.files import keep_secret
from launcher.servers.postgres import PostgresServer
from shared.db.server_log import QUIET
from shared.settings import SettingError

SERVICES = ("identity", "inventory", "billing")

ADMIN_URL = "ADMIN_DATABASE_URL"
"""A superuser's; where it is not set, the databases and roles are there already."""


APPEND_ONLY = {"identity": ("activity",)}
"""Tables of which a service reads rows and adds to them, no more."""


def url_variable(service: str) -> str:
    return f"{service.upper()}_DATABASE_URL"


def owner_variable(service: str) -> str:
    return f"{service.upper()}_OWNER_DATABASE_URL"


def given_urls(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the databases that the operator provides, by service."""
    urls = {service: environment.get(url_variable(service)) for service in SERVICES}
    return {service: url for service, url in urls.items() if url}


def given_owner_urls(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the owners' URLs of the databases that the operator provides.

    It may be the role that the service works with.
    """
    return {
        service: environment.get(owner_variable(service)) or url
        for service, url in given_urls(environment).items()
    }


def own_urls(server: PostgresServer, secrets_folder: Path) -> dict[str, str]:
    """Return the URLs of the databases that `ensure_databases` makes, by service.

    The passwords are random and kept in ``secrets_folder``, one file each.
    """
    return {
        service: server.url(service, service, keep_secret(secrets_folder / service))
        for service in SERVICES
    }


def own_owner_urls(server: PostgresServer, secrets_folder: Path) -> dict[str, str]:
    """Return the URLs for the owners of the same databases' tables, see `own_urls`."""
    owners = {service: f"{service}-owner" for service in SERVICES}
    return {
        service: server.url(service, owner, keep_secret(secrets_folder / owner))
        for service, owner in owners.items()
    }


def ensure_databases(server: PostgresServer, secrets_folder: Path) -> dict[str, str]:
    """Make the databases of our own server; return their URLs, see `own_urls`."""
    urls = own_urls(server, secrets_folder)
    owners = own_owner_urls(server, secrets_folder)
    with administration(server.connect()) as cur:
        make_databases(cur, server.connect, urls, owners)
    return urls


Connect = Callable[[str], connection]
"""Connects to a database as a superuser."""


def make_databases(
    cur: cursor, connect: Connect, urls: Mapping[str, str], owners: Mapping[str, str]
) -> None:
    """Make the databases and roles in the URLs unless they exist.

    No role may enter another service's database.

    Raises:
        SettingError: a URL lacks the role, its password or the database.
    """
    for service, url in urls.items():
        role, database = _ensure_role_of(cur, url_variable(service), url)
        owner, _ = _ensure_role_of(cur, owner_variable(service), owners[service])
        ensure_database(cur, database, owner)
        if owner != role:
            _hand_over(cur, connect, database, role, owner)
    cur.execute("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")


def grant_rows(owner_url: str, url: str, append_only: Sequence[str] = ()) -> None:
    """As the owner, let the role of ``url`` read and write rows of all tables.

    Which form the tables have it may only read, and rows of ``append_only`` tables it
    can neither change nor delete.
    """
    role = sql.Identifier(make_url(url).username or "")
    with administration(psycopg2.connect(libpq_url(owner_url))) as cur:
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
            "REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {}",
        ):
            cur.execute(sql.SQL(statement).format(role))
        for table in append_only:
            revoke = sql.SQL("REVOKE UPDATE, DELETE ON {} FROM {}")
            cur.execute(revoke.format(sql.Identifier(table), role))


def libpq_url(url: str) -> str:
    """Return a database's URL in psycopg2's format."""
    address = make_url(url).set(drivername="postgresql")
    return address.render_as_string(hide_password=False)


def _ensure_role_of(cur: cursor, variable: str, url: str) -> tuple[str, str]:
    """Make a URL's role; return it and the database."""
    address = make_url(url)
    role, password, database = address.username, address.password, address.database
    if not (role and password and database):
        raise SettingError(
            f"{variable} needs a role, a password and a database in its URL."
        )
    ensure_role(cur, role, password)
    return role, database


def _hand_over(
    cur: cursor, connect: Connect, database: str, role: str, owner: str
) -> None:
    """Give a database and its tables to ``owner``; earlier, the service owned them."""
    names = {"database": database, "role": role, "owner": owner}
    parts = {name: sql.Identifier(value) for name, value in names.items()}
    for statement in (
        "ALTER DATABASE {database} OWNER TO {owner}",
        "GRANT CONNECT ON DATABASE {database} TO {role}",
    ):
        cur.execute(sql.SQL(statement).format(**parts))
    with administration(connect(database)) as inside:
        inside.execute(sql.SQL("REASSIGN OWNED BY {role} TO {owner}").format(**parts))


def drop_databases(cur: cursor, urls: Mapping[str, str]) -> None:
    for url in urls.values():
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        cur.execute(drop.format(sql.Identifier(make_url(url).database or "")))


@contextmanager
def administration(superuser: connection) -> Iterator[cursor]:
    """Provide a superuser's cursor, outside of transactions; ends the connection."""
    superuser.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
    try:
        with superuser.cursor() as cur:
            yield cur
    finally:
        superuser.close()


def ensure_database(cur: cursor, name: str, owner: str) -> None:
    """Create the database unless it exists; only its owner can connect."""
    cur.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
    if cur.fetchone():
        return
    database, role = sql.Identifier(name), sql.Identifier(owner)
    cur.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
    cur.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))


def ensure_role(cur: cursor, name: str, password: str) -> None:
    """Let the role log in with the password; create it if it is missing."""
    cur.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,))
    verb = sql.SQL("ALTER" if cur.fetchone() else "CREATE")
    # Set each time, so that a lost secrets folder heals itself.
    statement = sql.SQL("{} ROLE {} LOGIN PASSWORD {}")
    cur.execute(statement.format(verb, sql.Identifier(name), sql.Literal(password)))
    _exclude_from_server_log(cur, name)


def _exclude_from_server_log(cur: cursor, role: str) -> None:
    """Keep the role's statements and rows out of the server's log.

    The administrator of a managed server may not: then each service says so.
    """
    for name, value in QUIET.items():
        setting = sql.SQL("ALTER ROLE {} SET {} = {}").format(
            sql.Identifier(role), sql.Identifier(name), sql.Literal(value)
        )
        with suppress(InsufficientPrivilege):
            cur.execute(setting)
