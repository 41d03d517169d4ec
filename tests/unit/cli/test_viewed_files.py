"""Documents that an operator has viewed don't stay on their machine."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cli import viewed_files

DOCUMENT, PAGES = UUID(int=1), (b"first page", b"second page")


@dataclass
class Clock:
    now: float

    def move(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The processes that wait to delete files; none is started."""
    started: list[list[str]] = []

    def start(words: list[str], **_options: Any) -> None:
        started.append(words)

    monkeypatch.setattr(subprocess, "Popen", start)
    return started


def _files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.rglob("*") if file.is_file())


def test_a_viewed_file_is_ours_alone_and_deleted_on_decision(
    tmp_path: Path, waiting: list[list[str]]
) -> None:
    var, folder = tmp_path / "var", tmp_path / "to"
    for _ in range(2):
        files = viewed_files.keep_for_an_hour(var, DOCUMENT, folder, PAGES)

    assert [file.read_bytes() for file in files] == list(PAGES)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert len(waiting) == 2
    viewed_files.forget(var, DOCUMENT)
    viewed_files.forget(var, DOCUMENT)
    assert _files(tmp_path) == []


def test_of_pages_that_can_not_be_written_none_stays(
    tmp_path: Path, waiting: list[list[str]]
) -> None:
    (tmp_path / "to" / f"{DOCUMENT}-2.jpg").mkdir(parents=True)

    with pytest.raises(OSError, match=r"-2\.jpg"):
        viewed_files.keep_for_an_hour(tmp_path, DOCUMENT, tmp_path / "to", PAGES)

    assert _files(tmp_path) == []
    assert len(waiting) == 1


def test_a_viewed_file_is_deleted_after_an_hour(
    tmp_path: Path, waiting: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    viewed_files.keep_for_an_hour(tmp_path, DOCUMENT, tmp_path / "to", PAGES)
    viewed_files.forget_old(tmp_path)
    assert len(_files(tmp_path)) == 3

    clock = Clock(time.time())
    monkeypatch.setattr("time.time", lambda: clock.now)
    monkeypatch.setattr("time.sleep", clock.move)
    monkeypatch.setattr("sys.argv", waiting[0][2:])
    started = clock.now
    viewed_files.main()

    assert clock.now - started == pytest.approx(viewed_files.KEPT_S, abs=60)
    assert _files(tmp_path) == []


def test_who_waits_for_a_file_that_is_gone_ends(
    tmp_path: Path, waiting: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    viewed_files.keep_for_an_hour(tmp_path, DOCUMENT, tmp_path / "to", PAGES)
    viewed_files.forget(tmp_path, DOCUMENT)
    monkeypatch.setattr("sys.argv", waiting[0][2:])

    viewed_files.main()


def test_what_a_restart_left_is_deleted_by_the_next_command(
    tmp_path: Path, waiting: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    viewed_files.keep_for_an_hour(tmp_path, DOCUMENT, tmp_path / "to", PAGES)
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + viewed_files.KEPT_S + 1)

    viewed_files.forget_old(tmp_path)

    assert _files(tmp_path) == []


def test_files_are_never_written_through_a_link(
    tmp_path: Path, waiting: list[list[str]]
) -> None:
    folder, other = tmp_path / "to", tmp_path / "other"
    folder.mkdir()
    (folder / f"{DOCUMENT}-1.jpg").symlink_to(other)

    viewed_files.keep_for_an_hour(tmp_path, DOCUMENT, folder, PAGES)

    assert not other.exists()
