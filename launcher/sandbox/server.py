"""Run the sandbox in a thread of the embedded run, or as a program of the stack."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread
from urllib.parse import urlsplit

import waitress.server

from launcher.machine.files import keep_secret
from launcher.machine.layout import Layout
from launcher.machine.ports import LOOPBACK, keep_port, read_port
from launcher.sandbox.app import make_sandbox
from shared.settings import Settings, read_settings

VARIABLE = "SANDBOX_URL"
"""Where it is, for billing to ask and for the web front end to send people to."""

SECRET = "sandbox.secret"  # noqa: S105  a file's name


def settings_with(settings: Settings, layout: Layout) -> Settings:
    """Add the sandbox's address to the settings unless we are public."""
    return read_settings({**settings.environment, **environment(settings, layout)})


def environment(settings: Settings, layout: Layout) -> Mapping[str, str]:
    """Return the setting with the sandbox's address."""
    if not settings.is_loopback or settings.environment.get(VARIABLE):
        return {}
    port_file = layout.port_file("sandbox")
    port = read_port(port_file) or keep_port(port_file)
    return {VARIABLE: f"http://localhost:{port}"}


def choose_port(layout: Layout) -> None:
    """Choose a free port while the sandbox is not running."""
    keep_port(layout.port_file("sandbox"))


def serve(settings: Settings) -> None:
    """Serve until the process ends."""
    _make_server(settings).run()


@contextmanager
def served(settings: Settings) -> Iterator[None]:
    """Serve in a thread for the length of the block, if an address is set."""
    if not settings.environment.get(VARIABLE):
        yield
        return
    server = _make_server(settings)
    Thread(target=server.run, name="sandbox", daemon=True).start()
    try:
        yield
    finally:
        server.close()


def _make_server(settings: Settings) -> waitress.server.BaseWSGIServer:
    secret = keep_secret(settings.keys_dir / SECRET)
    app = make_sandbox(settings.var / "sandbox", secret)
    port = urlsplit(settings.environment[VARIABLE]).port
    return waitress.server.create_server(app, host=LOOPBACK, port=port, threads=4)
