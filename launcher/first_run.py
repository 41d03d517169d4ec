"""What the first start on empty databases does: it loads the demonstration."""

from collections.abc import Mapping
from pathlib import Path

from launcher.databases import drop_databases
from launcher.demo.loader import is_empty, load_demo
from launcher.errors import LaunchError
from launcher.postgres import PostgresServer
from shared.clock import make_clock
from shared.settings import Settings


def ensure_demo(settings: Settings, urls: Mapping[str, str]) -> None:
    """Load the demo where it may be and there is no company yet.

    Its passwords are known to everybody, so it may only be where nobody else comes.

    Raises:
        LaunchError: an earlier load was interrupted.
    """
    unfinished = _mark_of(settings)
    if unfinished.exists():
        raise LaunchError(
            "loading the demonstration was interrupted: empty the databases, "
            f"remove {unfinished}, and start again"
        )
    clock = make_clock(settings.clock_offset_file)
    if not settings.is_loopback or not is_empty(urls, settings.keys_dir, clock):
        return
    print("Loading the demonstration …", flush=True)
    unfinished.touch()
    load_demo(urls, settings.keys_dir, clock.now())
    unfinished.unlink()


def drop_unfinished_demo(settings: Settings, server: PostgresServer) -> None:
    """Begin anew after an interrupted load; there was nothing but the demo."""
    unfinished = _mark_of(settings)
    if unfinished.exists():
        drop_databases(server)
        unfinished.unlink()


def _mark_of(settings: Settings) -> Path:
    return settings.var / "demo.unfinished"
