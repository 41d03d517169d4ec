"""Secrets and keys: made once, whole, and for their owner's eyes only."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from launcher.machine.files import (
    keep_secret,
    make_folder,
    write_atomically,
    write_once,
)
from launcher.machine.keys import ensure_keys
from shared.principal import load_private_key, load_public_key


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_secret_stays_the_same_and_is_readable_by_its_owner_only(
    tmp_path: Path,
) -> None:
    first = keep_secret(tmp_path / "secrets" / "one")

    assert keep_secret(tmp_path / "secrets" / "one") == first
    assert len(first) == 64
    assert mode_of(tmp_path / "secrets" / "one") == 0o600
    assert mode_of(tmp_path / "secrets") == 0o700


def test_of_several_writers_at_once_the_first_wins(tmp_path: Path) -> None:
    file = tmp_path / "key"

    with ThreadPoolExecutor(8) as executor:
        for n in range(50):
            executor.submit(write_once, file, str(n).encode())
    winner = file.read_bytes()
    write_once(file, b"too late")

    assert file.read_bytes() == winner
    assert list(tmp_path.iterdir()) == [file]


def test_a_write_that_fails_leaves_the_old_content(tmp_path: Path) -> None:
    file = tmp_path / "port"
    write_atomically(file, "1")

    with pytest.raises(UnicodeEncodeError):
        write_atomically(file, "\udc80")

    assert file.read_text() == "1"
    assert list(tmp_path.iterdir()) == [file]


def test_var_can_be_passed_through_and_not_listed(tmp_path: Path) -> None:
    make_folder(tmp_path / "deep" / "var" / "run")

    assert mode_of(tmp_path / "deep" / "var") == 0o711
    assert mode_of(tmp_path / "deep" / "var" / "run") == 0o700


def test_keys_are_made_once_and_fit_each_other(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    ensure_keys(keys)
    before = {file.name: file.read_bytes() for file in keys.iterdir()}

    ensure_keys(keys)

    assert {file.name: file.read_bytes() for file in keys.iterdir()} == before
    for name in ("principal", "operator"):
        private = load_private_key(keys / f"{name}.key")
        assert private.public_key() == load_public_key(keys / f"{name}.pub")
    assert {mode_of(file) for file in keys.iterdir()} == {0o600}
    assert before["principal.key"] != before["operator.key"]


def test_a_lost_public_key_is_made_again_from_the_private_one(tmp_path: Path) -> None:
    ensure_keys(tmp_path)
    before = (tmp_path / "principal.pub").read_bytes()
    (tmp_path / "principal.pub").unlink()

    ensure_keys(tmp_path)

    assert (tmp_path / "principal.pub").read_bytes() == before
