"""The whole content of the databases, to be compared with another run's."""

from collections.abc import Mapping

from sqlalchemy import inspect, text

from tests.simulation.world import World

_CHANCE = "xact"
"""The database's own number of a transaction, which the server counts on."""


def snapshot(world: World) -> Mapping[str, list[str]]:
    """All rows of all tables as text, by service and table."""
    rows: dict[str, list[str]] = {}
    for service in world.dispatchers:
        engine = world.database(service).engine
        with engine.connect() as connection:
            for table in inspect(connection).get_table_names():
                query = f"SELECT (to_jsonb(t) - '{_CHANCE}')::text FROM {table} t"
                found = connection.execute(text(query)).scalars().all()
                rows[f"{service}.{table}"] = sorted(found)
    return rows
