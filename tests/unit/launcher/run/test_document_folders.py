"""Web writes documents, identity reads and deletes them; what it makes is its own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.machine.accounts import account_of
from launcher.machine.processes import find_setpriv
from launcher.run.document_folders import prepare_document_folders, prepare_month_keys
from shared.settings import read_settings
from shared.storage.settings import FOLDER, VARIABLE

_ACT = """
import pathlib, sys
file = pathlib.Path(sys.argv[2])
match sys.argv[1]:
    case "write": file.write_text("x"); file.chmod(0o640)
    case "read": file.read_text()
    case "delete": file.unlink()
    case "list": list(file.iterdir())
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where other users than root can enter."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        Path(made).chmod(0o711)
        settings = read_settings({"VAR": made})
        prepare_document_folders(settings)
        prepare_month_keys(settings)
        yield Path(made) / FOLDER


def may(program: str, act: str, file: Path) -> bool:
    """Try it as a program's account."""
    options = account_of(program).options([file.parent])
    words = [find_setpriv(), *options, sys.executable, "-c", _ACT, act, str(file)]
    return subprocess.run(words, check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can step down")
def test_each_program_does_its_part_and_no_other(folder: Path) -> None:
    raw, remade = folder / "raw" / "one", folder / "remade" / "one"

    assert not may("billing", "write", raw)
    assert may("web", "write", raw)
    assert not may("billing", "read", raw)
    assert may("identity", "read", raw)
    assert may("identity", "delete", raw)

    assert not may("web", "write", remade)
    assert may("identity", "write", remade)
    assert not may("web", "read", remade)
    assert not may("web", "delete", remade)
    assert not may("web", "list", remade.parent)
    key = folder.parent / "month-keys" / "2027-03.key"
    assert may("identity", "write", key)
    assert not may("web", "read", key)


def test_folders_of_an_operator_are_theirs(tmp_path: Path) -> None:
    elsewhere = {
        "VAR": str(tmp_path),
        VARIABLE: "file:///srv/documents",
        "MONTH_KEYS_DIR": "/srv/month-keys",
    }

    prepare_document_folders(read_settings(elsewhere))
    prepare_month_keys(read_settings(elsewhere))

    assert not list(tmp_path.iterdir())
