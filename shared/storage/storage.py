"""What every storage offers."""

import re
from collections.abc import Iterable, Iterator
from typing import Protocol

_PART = "[a-z0-9][a-z0-9-]{0,63}"
_NAME = re.compile(f"{_PART}(/{_PART})?")


class StorageUnavailable(Exception):
    """The storage can't be reached or is full; the message never has content."""


class NotStored(Exception):
    """Nothing is stored under this name."""


class Storage(Protocol):
    """A place for files under names that we give; never a person's.

    A name is ``<id>`` or ``<folder>/<id>``.
    """

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        """Store the chunks, all of them or nothing.

        What ``chunks`` raises is passed on. An earlier file of the name is replaced.

        Raises:
            StorageUnavailable: nothing was stored.
        """

    def read(self, name: str) -> Iterator[bytes]:
        """Return the file in chunks.

        Raises:
            NotStored: there is none of this name.
            StorageUnavailable: also while the chunks are read.
        """

    def delete(self, name: str) -> None:
        """Delete a file, and what a killed process left of it; missing ones pass.

        Raises:
            StorageUnavailable: it may still be there.
        """


def checked(name: str) -> str:
    """Return a name that is safe as a file's.

    Raises:
        ValueError: it has other characters than small letters, digits and hyphens, or
            more than 64 of them, or more than one folder.
    """
    if not _NAME.fullmatch(name):
        raise ValueError("not a name for a stored file")
    return name
