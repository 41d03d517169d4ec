"""What is known of a demonstration whose load was interrupted: a file says so."""

from collections.abc import Mapping
from pathlib import Path

from psycopg2.extensions import cursor

from launcher.servers.databases import drop_databases
from shared.settings import Settings


def mark_of_unfinished_demo(settings: Settings) -> Path:
    """The file that is there while the demonstration is loaded."""
    return settings.var / "demo.unfinished"


def drop_unfinished_demo(
    settings: Settings, cur: cursor, urls: Mapping[str, str]
) -> None:
    """Begin anew after an interrupted load; there was nothing but the demo."""
    unfinished = mark_of_unfinished_demo(settings)
    if unfinished.exists():
        drop_databases(cur, urls)
        unfinished.unlink()
