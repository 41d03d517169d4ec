"""Serve the web front end: ``python -m web``."""

import os

from granian import Granian
from granian.constants import Interfaces

from shared.settings import read_settings
from web.wsgi import PARENT

THREADS = 16
"""A page waits for its calls, so more threads than cores are of use."""


def main() -> None:
    settings = read_settings()
    os.environ[PARENT] = str(os.getpid())
    Granian(
        target="web.wsgi:make_app",
        factory=True,
        address=settings.listen,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        log_access=False,
    ).serve()


if __name__ == "__main__":
    main()
