"""How the keys of documents are kept: wrapped twice.

A document's key is wrapped by that of the month in which its retention ends, and then
by a key of `SecretKeys`. These rotate while identity runs, without any month's key.
"""

from dataclasses import dataclass

from cryptography.fernet import InvalidToken

from services.identity.documents.month_keys import KeyDestroyedError, MonthKeys
from services.identity.factors.secret_keys import Sealed, SecretKeys


@dataclass(frozen=True)
class Envelope:
    keys: SecretKeys
    months: MonthKeys

    def wrap(self, data_key: bytes, month: str) -> Sealed:
        """Wrap a document's key by the month's, which is made if there is none."""
        return self.keys.seal(self.months.make(month).encrypt(data_key).decode())

    def unwrap(self, wrapped: bytes, month: str) -> bytes:
        """Return a document's key.

        Raises:
            KeyDestroyedError: one of the keys that it needs is gone.
        """
        month_key = self.months.find(month)
        try:
            return month_key.decrypt(self.keys.open(wrapped))
        except InvalidToken as error:
            raise KeyDestroyedError(month) from error

    def renew(self, wrapped: bytes) -> Sealed:
        """Wrap again by the newest key of `keys`, whatever the month."""
        return self.keys.seal(self.keys.open(wrapped))
