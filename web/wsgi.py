"""The application as a server's worker process makes it, with its own AMQP client."""

import ctypes
import os
import signal
from functools import partial
from pathlib import Path

from flask import Flask

from shared.clock import make_clock
from shared.contracts import billing, identity, inventory
from shared.logs import configure_logs, log_uncaught
from shared.principal import load_public_key
from shared.rpc.amqp.client import AmqpClient
from shared.rpc.amqp.event_follower import EventFollower
from shared.rpc.signatures import load_event_keys
from shared.settings import read_settings
from shared.storage.settings import read_storage
from web.app import create_app
from web.page.context import Context
from web.page.freshness.changes import Changes
from web.page.freshness.last_known import PAGE_CAPACITY, LastKnown
from web.page.freshness.siblings import Siblings
from web.settings import MAIN_PID, WORKERS_FOLDER, read_web_settings

_PR_SET_PDEATHSIG = 1


def make_app() -> Flask:
    """Make the application from the environment's settings."""
    die_with_parent()
    configure_logs("web")
    log_uncaught()
    settings = read_settings()
    clock = make_clock(settings.clock_offset_file)
    changes = Changes(clock)
    sources = (identity.CONTRACT.name, inventory.CONTRACT.name, billing.CONTRACT.name)
    event_keys = load_event_keys(settings.keys_dir, sources)
    EventFollower(settings.amqp_url, sources, event_keys, changes).start()
    client = AmqpClient(settings.amqp_url)
    client.is_connected()  # begins to connect, for the first visitor's sake
    siblings = Siblings(Path(os.environ[WORKERS_FOLDER]))
    last_known = LastKnown(ask_others=partial(siblings.ask, "blocks"))
    last_pages = LastKnown(PAGE_CAPACITY, partial(siblings.ask, "pages"))
    siblings.answer({"blocks": last_known.look, "pages": last_pages.look})
    context = Context(
        settings=read_web_settings(settings),
        client=client,
        verify_key=load_public_key(settings.keys_dir / "principal.pub"),
        clock=clock,
        last_known=last_known,
        last_pages=last_pages,
        changes=changes,
        document_storage=read_storage(settings),
    )
    secret = (settings.keys_dir / "web.secret").read_bytes()
    return create_app(context, secret, development=settings.is_loopback)


def die_with_parent() -> None:
    """End this worker when the server's main process is killed.

    Otherwise it would keep serving beside the next generation. Asked to end in order,
    one that has served for a while may wait for ever.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(os.environ[MAIN_PID]):
        raise SystemExit("the server's main process is gone")
