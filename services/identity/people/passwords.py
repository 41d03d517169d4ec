"""Passwords: how one is kept and checked; which may be set, `password_rules` says.

Hashing takes some 30 ms and 19 MiB each time: callers run `keep` and `matches` through
the runtime's offload, outside of transactions wherever they can.
"""

import unicodedata
from base64 import b64encode
from random import Random

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

MIN_LENGTH = 10
MAX_LENGTH = 200

ARGON2 = PasswordHasher(time_cost=3, memory_cost=19 * 1024, parallelism=1)
"""OWASP's smallest choice and one more pass; docs/decisions/identity-sign-in.md."""


class PasswordHashing:
    """argon2id with the parameters of the day."""

    def __init__(self, hasher: PasswordHasher, random: Random) -> None:
        self._hasher = hasher
        self._random = random
        self._nobodys_hash = _impossible_hash(hasher)

    def keep(self, password: str) -> str:
        """Hash a password for keeping."""
        return self._hasher.hash(_octets(password), salt=self._random.randbytes(16))

    def matches(self, password: str, kept: str | None) -> bool:
        """Whether the password is the kept one; takes as long when there is none."""
        if len(password) > MAX_LENGTH:
            # Nobody can have set it, and its length must not cost us time.
            password, kept = "", None
        try:
            self._hasher.verify(kept or self._nobodys_hash, _octets(password))
        except VerifyMismatchError:
            return False
        return kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Return whether it was hashed with outdated parameters."""
        return self._hasher.check_needs_rehash(kept)


def _octets(password: str) -> bytes:
    """One password is one string of bytes, however the keyboard composes letters."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


def _impossible_hash(hasher: PasswordHasher) -> str:
    """Make a hash that no known password has, and that costs the same to check."""
    salt = b64encode(bytes(hasher.salt_len)).decode().rstrip("=")
    digest = b64encode(bytes(hasher.hash_len)).decode().rstrip("=")
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"
