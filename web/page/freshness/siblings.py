"""The other workers of this machine: asked for what only they have shown.

Which worker answers a browser is chance. What one has shown can be shown again by all
when a service is away. Each answers at a socket in a folder of its own account.
"""

import os
import socket
import threading
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger()

_WAIT_S = 0.3
_ENDING = ".sock"

Look = Callable[[Any], Any]
"""What this worker has under a key, or None."""


class Siblings:
    """``folder`` is the workers' own, and theirs alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = folder / f"{os.getpid()}{_ENDING}"

    def ask(self, store: str, key: Any) -> Any:
        """What the first of them has that has anything; None if none has."""
        for path in self._folder.glob(f"*{_ENDING}"):
            if path == self._own:
                continue
            found = _ask_one(path, (store, key))
            if found is not None:
                return found
        return None

    def answer(self, stores: Mapping[str, Look]) -> None:
        """Answer the others from now on, in a thread."""
        self._own.unlink(missing_ok=True)
        listener = Listener(str(self._own), "AF_UNIX", backlog=16)
        threading.Thread(
            target=_answer_all, args=(listener, stores), name="siblings", daemon=True
        ).start()


def _ask_one(path: Path, question: tuple[str, Any]) -> Any:
    try:
        with _connect(path) as sibling:
            sibling.send(question)
            return sibling.recv() if sibling.poll(_WAIT_S) else None
    except ConnectionRefusedError:
        # It has ended, and another one has another name.
        path.unlink(missing_ok=True)
    except (OSError, EOFError):
        log.info("sibling_lost")
    return None


def _connect(path: Path) -> Connection:
    """As `multiprocessing.connection.Client`, which may wait for ever for a place."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(_WAIT_S)
        link.connect(str(path))
        link.setblocking(True)
        return Connection(link.detach())


def _answer_all(listener: Listener, stores: Mapping[str, Look]) -> None:
    while True:
        try:
            with listener.accept() as sibling:
                if sibling.poll(_WAIT_S):
                    store, key = sibling.recv()
                    sibling.send(stores[store](key))
        except Exception:
            # Whatever it was, the next one is answered.
            log.exception("fault_in_sibling_thread")
