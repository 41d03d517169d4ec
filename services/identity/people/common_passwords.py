"""The list of common passwords, as a file of sorted hashes.

It is built at set-up (`launcher.run.common_passwords`); its source and licences are in
docs/decisions/passwords.md. A look-up takes some 20 microseconds and no memory but the
file's 664 KiB.
"""

import hashlib
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path

from shared.settings import SettingError

FILE = Path(__file__).with_name("common-passwords.bin")
PREFIX_BYTES = 6
"""Of each hash: of a billion passwords, not one is taken for a listed one."""


def encode(passwords: Iterable[str]) -> bytes:
    """Return the file's content: the beginnings of the hashes, sorted."""
    return b"".join(sorted({_prefix(password) for password in passwords}))


class CommonPasswords:
    """``content`` is that of the file."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    @classmethod
    def read(cls, file: Path = FILE) -> "CommonPasswords":
        """Read the list.

        Raises:
            SettingError: it has not been built, or only in part.
        """
        content = file.read_bytes() if file.exists() else b""
        if not content or len(content) % PREFIX_BYTES:
            raise SettingError(
                f"The list of common passwords, {file}, is missing or damaged. "
                "Run `python -m launcher build`."
            )
        return cls(content)

    def __len__(self) -> int:
        return len(self._content) // PREFIX_BYTES

    def __contains__(self, password: str) -> bool:
        wanted = _prefix(password)
        place = bisect_left(range(len(self)), wanted, key=self._at)
        return place < len(self) and self._at(place) == wanted

    def _at(self, place: int) -> bytes:
        return self._content[place * PREFIX_BYTES : (place + 1) * PREFIX_BYTES]


def _prefix(password: str) -> bytes:
    text = unicodedata.normalize("NFC", password)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:PREFIX_BYTES]
