"""One database and one role per service, made by a superuser."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from psycopg2 import sql
from psycopg2.errors import InsufficientPrivilege
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, connection, cursor
from sqlalchemy import make_url

from launcher.machine.files import keep_secret
from launcher.servers.postgres import PostgresServer
from shared.db.server_log import QUIET
from shared.settings import SettingError

SERVICES = ("identity", "inventory", "billing")


def url_variable(service: str) -> str:
    return f"{service.upper()}_DATABASE_URL"


def given_urls(environment: Mapping[str, str]) -> dict[str, str]:
    """The databases that the operator provides, by service."""
    urls = {service: environment.get(url_variable(service)) for service in SERVICES}
    return {service: url for service, url in urls.items() if url}


def own_urls(server: PostgresServer, secrets_folder: Path) -> dict[str, str]:
    """The URLs of the databases that `ensure_databases` makes, by service.

    The passwords are random and kept in ``secrets_folder``, one file each.
    """
    return {
        service: server.url(service, service, keep_secret(secrets_folder / service))
        for service in SERVICES
    }


def ensure_databases(server: PostgresServer, secrets_folder: Path) -> dict[str, str]:
    """Make the databases of a server of our own; returns their URLs, see `own_urls`."""
    urls = own_urls(server, secrets_folder)
    with administration(server.connect()) as cur:
        make_databases(cur, urls)
    return urls


def make_databases(cur: cursor, urls: Mapping[str, str]) -> None:
    """Make the database and the role that each URL names, unless they are there.

    No role may enter another service's database.

    Raises:
        SettingError: a URL lacks the role, its password or the database.
    """
    for service, url in urls.items():
        address = make_url(url)
        role, password, database = address.username, address.password, address.database
        if not (role and password and database):
            raise SettingError(
                f"{url_variable(service)} names no role, password or database"
            )
        ensure_role(cur, role, password)
        ensure_database(cur, database, owner=role)
    cur.execute("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")


def drop_databases(cur: cursor, urls: Mapping[str, str]) -> None:
    for url in urls.values():
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        cur.execute(drop.format(sql.Identifier(make_url(url).database or "")))


@contextmanager
def administration(superuser: connection) -> Iterator[cursor]:
    """A superuser's cursor, outside of transactions; ends the connection."""
    superuser.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
    try:
        with superuser.cursor() as cur:
            yield cur
    finally:
        superuser.close()


def ensure_database(cur: cursor, name: str, owner: str) -> None:
    """Create the database unless it is there; only its owner may connect."""
    cur.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
    if cur.fetchone():
        return
    database, role = sql.Identifier(name), sql.Identifier(owner)
    cur.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
    cur.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))


def ensure_role(cur: cursor, name: str, password: str) -> None:
    """Let the role log in with the password; it is made when it is missing."""
    cur.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,))
    verb = sql.SQL("ALTER" if cur.fetchone() else "CREATE")
    # Set each time, so that a lost secrets folder heals itself.
    statement = sql.SQL("{} ROLE {} LOGIN PASSWORD {}")
    cur.execute(statement.format(verb, sql.Identifier(name), sql.Literal(password)))
    _keep_out_of_the_servers_log(cur, name)


def _keep_out_of_the_servers_log(cur: cursor, role: str) -> None:
    """Have the server log nothing of what the role's statements hold.

    The administrator of a managed server may not: then each service says so.
    """
    for name, value in QUIET.items():
        setting = sql.SQL("ALTER ROLE {} SET {} = {}").format(
            sql.Identifier(role), sql.Identifier(name), sql.Literal(value)
        )
        with suppress(InsufficientPrivilege):
            cur.execute(setting)
