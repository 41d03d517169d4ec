"""The keys that the secrets of authenticator apps and keys of documents are kept under.

They are in a file, one Fernet key a line, the newest first. It is read at each use, so
a key can be added, and one that nothing needs any more removed, while identity runs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

_KEY_ID_LENGTH = 16


@dataclass(frozen=True)
class Sealed:
    """An encrypted secret, and which key can open it."""

    data: bytes
    key_id: str


class SecretKeys:
    def __init__(self, read: Callable[[], bytes]) -> None:
        """``read`` returns what the file has at present."""
        self._read = read

    @classmethod
    def of_file(cls, file: Path) -> "SecretKeys":
        return cls(file.read_bytes)

    @property
    def newest_id(self) -> str:
        """The name of the key that encrypts; it tells nothing of the key."""
        return _name(self._keys()[0])

    def seal(self, text: str) -> Sealed:
        """Encrypt with the newest key."""
        # Read once: another key may be made at any moment.
        newest = self._keys()[0]
        return Sealed(Fernet(newest).encrypt(text.encode()), _name(newest))

    def open(self, data: bytes) -> str:
        """Decrypt with whichever key it was encrypted with.

        Raises:
            cryptography.fernet.InvalidToken: with none of the keys, or it is damaged.
        """
        return self._box().decrypt(data).decode()

    def open_or_none(self, text: str) -> str | None:
        """Decrypt what came from outside; None where we have not encrypted it."""
        try:
            return self.open(text.encode("utf-8", "surrogatepass"))
        except InvalidToken:
            return None

    def _box(self) -> MultiFernet:
        return MultiFernet([Fernet(key) for key in self._keys()])

    def _keys(self) -> list[bytes]:
        return self._read().split()


def _name(key: bytes) -> str:
    return sha256(key).hexdigest()[:_KEY_ID_LENGTH]
