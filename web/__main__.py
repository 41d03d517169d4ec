"""Serve the web front end: ``python -m web``."""

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from granian import Granian
from granian.constants import Interfaces

from shared.logs import configure_logs
from shared.settings import Settings, read_settings
from web.settings import MAIN_PID, WORKERS_FOLDER

WORKERS = 2
"""While one is started again, the other answers."""

THREADS = 112
"""Of each. A page waits for its calls, and a login for its turn (`web.auth.turns`), so
more threads than cores are of use."""

_SOCKET_MODE = 0o660
_STOP_WITHIN_S = 5


def main() -> None:
    settings = read_settings()
    os.environ[MAIN_PID] = str(os.getpid())
    # Other threads than the one that starts workers run here, too.
    multiprocessing.set_start_method("spawn")
    with _workers_folder() as folder, _admin(settings, folder):
        _serve(settings)


def _serve(settings: Settings) -> None:
    socket = settings.environment.get("WEB_SOCKET")
    if socket:
        # A killed one leaves it behind.
        Path(socket).unlink(missing_ok=True)
    Granian(
        target="web.wsgi:make_app",
        factory=True,
        address=settings.listen,
        port=settings.port,
        uds=Path(socket) if socket else None,
        uds_permissions=_SOCKET_MODE,
        interface=Interfaces.WSGI,
        workers=WORKERS,
        blocking_threads=THREADS,
        respawn_failed_workers=True,
        respawn_interval=1,
        workers_kill_timeout=_STOP_WITHIN_S,
        log_access=False,
    ).serve()


@contextmanager
def _workers_folder() -> Iterator[Path]:
    """The folder of the environment, emptied, or one for as long as this runs."""
    if given := os.environ.get(WORKERS_FOLDER):
        folder = Path(given)
        folder.mkdir(mode=0o700, exist_ok=True)
        for file in folder.iterdir():
            file.unlink()
        yield folder
        return
    with TemporaryDirectory(prefix="client-area-workers-") as made:
        os.environ[WORKERS_FOLDER] = made
        yield Path(made)


@contextmanager
def _admin(settings: Settings, folder: Path) -> Iterator[None]:
    """Answer the operator's monitoring in a thread, where there is a port for it."""
    if settings.admin_port is None:
        yield
        return
    # Not before it is known where figures are kept.
    from shared.rpc.amqp.client import AmqpClient  # noqa: PLC0415
    from web.site import admin  # noqa: PLC0415

    configure_logs("web")
    with closing(AmqpClient(settings.amqp_url)) as client:
        client.is_connected()  # begins to connect
        app = admin.make_admin_app(client, lambda: admin.figures_of_workers(folder))
        with admin.served(app, settings.admin_port):
            yield


if __name__ == "__main__":
    main()
