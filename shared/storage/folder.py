"""A storage in a folder."""

import os
from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path

from shared.storage.storage import NotStored, StorageUnavailable, checked

_CHUNK_BYTES = 64 * 1024
_MODE = 0o640
"""Its folder's group reads, where that is another program's: see the launcher."""


class FolderStorage:
    """Files below a folder; one that is being written has ``.part`` at its end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        file = self._folder / checked(name)
        part = _part_of(file)
        try:
            descriptor = _create(part)
        except OSError as error:
            raise _unavailable(error) from error
        try:
            _fill(descriptor, chunks)
            _finish(part, file)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def read(self, name: str) -> Iterator[bytes]:
        file = self._folder / checked(name)
        try:
            descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError as error:
            raise NotStored from error
        except OSError as error:
            raise _unavailable(error) from error
        return _chunks(os.fdopen(descriptor, "rb", buffering=0))

    def delete(self, name: str) -> None:
        file = self._folder / checked(name)
        try:
            file.unlink(missing_ok=True)
            _part_of(file).unlink(missing_ok=True)
        except OSError as error:
            raise _unavailable(error) from error


def _part_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.part")


def _create(part: Path) -> int:
    part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    return os.open(part, flags, _MODE)


def _fill(descriptor: int, chunks: Iterable[bytes]) -> None:
    """Write the chunks; what they raise is passed on as it is."""
    try:
        os.fchmod(descriptor, _MODE)
        for chunk in chunks:
            _write(descriptor, chunk)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(descriptor: int, chunk: bytes) -> None:
    rest = memoryview(chunk)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError as error:
        raise _unavailable(error) from error


def _finish(part: Path, file: Path) -> None:
    try:
        part.rename(file)
        folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise _unavailable(error) from error


def _chunks(file: FileIO) -> Iterator[bytes]:
    """Read a file, which is closed with the iterator."""
    with file:
        try:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
        except OSError as error:
            raise _unavailable(error) from error


def _unavailable(error: OSError) -> StorageUnavailable:
    return StorageUnavailable(os.strerror(error.errno or 0))
