"""What one worker has shown, another finds when it needs it."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from launcher.machine.processes import wait_until
from launcher.servers.supervision import ROOT
from web.page.freshness.siblings import Siblings

PATIENCE_S = 20

ANOTHER_WORKER = """
import sys, signal
from pathlib import Path
from web.page.freshness.siblings import Siblings
known = {"balance": ("12.00", "EUR"), "odd": lambda: None}
Siblings(Path(sys.argv[1])).answer({"blocks": known.get})
signal.pause()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short name, as sockets have it."""
    with TemporaryDirectory(dir="/tmp") as made:
        yield Path(made)


@contextmanager
def another_worker(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", ANOTHER_WORKER, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as worker:
        assert wait_until(lambda: any(folder.iterdir()), PATIENCE_S)
        try:
            yield worker
        finally:
            worker.kill()


def test_what_another_worker_has_is_found(folder: Path) -> None:
    siblings = Siblings(folder)
    assert siblings.ask("blocks", "balance") is None

    with another_worker(folder):
        assert siblings.ask("blocks", "costs") is None
        assert siblings.ask("blocks", "balance") == ("12.00", "EUR")
        # What can't travel is not known.
        assert siblings.ask("blocks", "odd") is None


def test_a_worker_that_has_ended_is_forgotten(folder: Path) -> None:
    with another_worker(folder):
        pass

    assert Siblings(folder).ask("blocks", "balance") is None
    assert not any(folder.iterdir())


def test_a_worker_that_hangs_keeps_nobody(folder: Path) -> None:
    siblings, answers = Siblings(folder), list[object]()

    def ask() -> None:
        answers.extend(siblings.ask("blocks", "balance") for _ in range(4))

    with closing(socket.socket(socket.AF_UNIX)) as hung:
        hung.bind(str(folder / "1.sock"))
        hung.listen(1)
        page = threading.Thread(target=ask, daemon=True)
        page.start()
        page.join(PATIENCE_S)

    assert answers == [None] * 4


def test_it_does_not_ask_itself(folder: Path) -> None:
    siblings = Siblings(folder)
    siblings.answer({"blocks": lambda key: key})

    assert siblings.ask("blocks", "balance") is None
