"""What root starts runs as somebody of little power, each program as its own."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from launcher.machine.accounts import account_of
from launcher.machine.processes import find_setpriv

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can step down")

PROGRAMS = ("identity", "inventory", "billing", "web", "sandbox", "proxy", "rabbitmq")


@pytest.fixture
def passable() -> Iterator[Path]:
    """A folder that strangers may pass, unlike those of pytest."""
    with TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def run_as(program: str, near: Path, *command: str) -> subprocess.CompletedProcess[str]:
    options = account_of(program).options([near])
    words = [find_setpriv(), *options, *command]
    return subprocess.run(words, check=False, capture_output=True, text=True)


def test_no_two_programs_share_an_account_and_none_is_root() -> None:
    accounts = {account_of(name).uid for name in (*PROGRAMS, "postgres")}

    assert len(accounts) == len(PROGRAMS) + 1
    assert 0 not in accounts


@needs_root
def test_a_program_reads_its_own_keys_and_nobody_elses(passable: Path) -> None:
    for name in ("identity", "web"):
        keys = passable / name
        keys.mkdir(mode=0o700)
        (keys / "key").write_text(f"{name}'s")
        (keys / "key").chmod(0o600)
        account_of(name).own(keys)

    own = run_as("web", passable / "web", "cat", str(passable / "web" / "key"))
    others = run_as("web", passable / "web", "cat", str(passable / "identity" / "key"))

    assert own.stdout == "web's"
    assert others.returncode != 0
    assert "denied" in others.stderr


@needs_root
def test_what_is_added_later_becomes_the_programs_too(passable: Path) -> None:
    keys = passable / "keys"
    keys.mkdir()
    account_of("web").own(keys)
    (keys / "later").touch(mode=0o600)

    account_of("web").own(keys)

    assert (keys / "later").stat().st_uid == account_of("web").uid


@needs_root
def test_nothing_outside_of_its_folder_becomes_the_programs(
    passable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may put a link in the place of a folder while its files are gone through."""
    own, strangers = passable / "own" / "inner", passable / "strangers"
    for folder in (own, strangers):
        folder.mkdir(parents=True)
        for name in ("one", "two"):
            (folder / name).touch()
    chown = os.chown

    def chown_and_swap(path: Any, *ids: int, **options: Any) -> None:
        chown(path, *ids, **options)
        if Path(path).name in {"one", "two"} and not own.is_symlink():
            own.rename(passable / "own" / "moved")
            own.symlink_to(strangers)

    monkeypatch.setattr(os, "chown", chown_and_swap)

    account_of("web").own(passable / "own")

    assert own.is_symlink()
    assert {file.stat().st_uid for file in strangers.iterdir()} == {0}


@needs_root
def test_a_program_passes_folders_that_are_closed_to_others(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "code").write_text("print()")

    read = run_as("web", closed / "code", "cat", str(closed / "code"))
    written = run_as("web", closed / "code", "touch", str(closed / "code"))

    assert read.stdout == "print()"
    assert written.returncode != 0
