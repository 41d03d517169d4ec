"""Detect a demo whose loading was interrupted, by a file that marks it."""

from collections.abc import Mapping
from pathlib import Path

from psycopg2.extensions import cursor

from launcher.servers.databases import drop_databases
from shared.settings import Settings


def unfinished_demo_marker(settings: Settings) -> Path:
    """Return the file that exists while the demo is being loaded."""
    return settings.var / "demo.unfinished"


def drop_unfinished_demo(
    settings: Settings, cur: cursor, urls: Mapping[str, str]
) -> None:
    """Start over after an interrupted load; there was nothing but the demo."""
    unfinished = unfinished_demo_marker(settings)
    if unfinished.exists():
        drop_databases(cur, urls)
        unfinished.unlink()
