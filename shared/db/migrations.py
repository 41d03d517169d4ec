"""Migrate a service's database.

A service keeps its migrations in ``services/<name>/migrations/``. They are frozen:
they import neither models nor settings.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg2.errors import InsufficientPrivilege
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import ProgrammingError

from shared.db.database import normalise_url, refused_while_unreachable
from shared.errors import Unavailable

_ENVIRONMENT = Path(__file__).parent / "alembic"
_LOCK = 0x6D696772617465  # "migrate": one process at a time per database


def migrate(database_url: str, migrations: Path) -> None:
    """Run the missing migrations; fast if there are none.

    Raises:
        Unavailable: ``database_unreachable``, or ``database_outdated``: migrations are
            missing, and the set-up has to run them, as this role does not own the
            tables. Trying again later may help.
    """
    engine = create_engine(normalise_url(database_url))
    try:
        with refused_while_unreachable(), engine.begin() as connection:
            _migrate(connection, migrations)
    except ProgrammingError as error:
        if isinstance(error.orig, InsufficientPrivilege):
            raise Unavailable("database_outdated", str(error.orig)) from error
        raise
    finally:
        engine.dispose()


def _migrate(connection: Connection, migrations: Path) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = alembic_config(migrations)
    if not _is_current(connection, config):
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def alembic_config(migrations: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", _escape(_ENVIRONMENT))
    config.set_main_option("version_locations", _escape(migrations))
    config.set_main_option("path_separator", "newline")
    return config


def _is_current(connection: Connection, config: Config) -> bool:
    heads = set(ScriptDirectory.from_config(config).get_heads())
    return set(MigrationContext.configure(connection).get_current_heads()) == heads


def _escape(path: Path) -> str:
    """Escape percent signs, which start variables in ConfigParser."""
    return str(path).replace("%", "%%")
