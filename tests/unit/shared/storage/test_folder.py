from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.storage.folder import FolderStorage
from shared.storage.storage import NotStored, StorageUnavailable


def _failing() -> Iterator[bytes]:
    yield b"begun"
    raise EOFError("the sender is gone")


def test_what_is_written_is_read_until_it_is_deleted(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path / "made")

    storage.write("here/one", [b"a", b"", b"b" * 100_000])

    assert b"".join(storage.read("here/one")) == b"a" + b"b" * 100_000
    assert (tmp_path / "made" / "here" / "one").stat().st_mode & 0o777 == 0o640
    storage.delete("here/one")
    storage.delete("here/one")
    with pytest.raises(NotStored):
        storage.read("here/one")


def test_half_a_file_is_no_file(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    storage.write("one", [b"before"])

    with pytest.raises(EOFError):
        storage.write("one", _failing())

    assert [file.name for file in tmp_path.iterdir()] == ["one"]
    assert b"".join(storage.read("one")) == b"before"


def test_what_a_killed_process_left_is_deleted_or_written_over(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    for name in ("one", "two"):
        (tmp_path / f"{name}.part").write_bytes(b"half")

    storage.write("one", [b"whole"])
    storage.delete("two")

    assert [file.name for file in tmp_path.iterdir()] == ["one"]


@pytest.mark.parametrize(
    "name", ["", "../x", "a/", "/a", "a/b/c", "a.part", ".", "A", "x" * 65]
)
def test_a_name_is_only_ever_a_name(tmp_path: Path, name: str) -> None:
    storage = FolderStorage(tmp_path)
    for act in (storage.read, storage.delete, lambda name: storage.write(name, [])):
        with pytest.raises(ValueError, match="not a name"):
            act(name)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    (tmp_path / "one.part").symlink_to(target)

    FolderStorage(tmp_path).write("one", [b"x"])
    assert not target.exists()

    target.write_bytes(b"of another program")
    (tmp_path / "two").symlink_to(target)
    with pytest.raises(StorageUnavailable):
        FolderStorage(tmp_path).read("two")


def test_a_folder_that_is_none_is_unavailable(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    with pytest.raises(StorageUnavailable):
        FolderStorage(file).write("one", [b"x"])
