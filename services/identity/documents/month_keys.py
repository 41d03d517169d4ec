"""A key for each month, which is destroyed when the month is over.

What is wrapped by a month's key can't be opened afterwards, also from a backup of the
database and the storage. So the keys' folder must be outside of all backups.
"""

import os
import re
import secrets
from datetime import date
from pathlib import Path

from cryptography.fernet import Fernet

from shared.settings import Settings

VARIABLE = "MONTH_KEYS_DIR"

_FOLDER = "month-keys"
_NAME = re.compile(r"\d{4}-\d{2}")


class KeyDestroyedError(Exception):
    """A month's key does not exist any more."""


def folder_of(settings: Settings) -> Path:
    """Return the folder of keys: ``MONTH_KEYS_DIR``, or ``$VAR/month-keys``."""
    return Path(settings.environment.get(VARIABLE) or settings.var / _FOLDER)


def month_of(day: date) -> str:
    """Return a day's month as keys are named, such as ``2027-03``."""
    return f"{day:%Y-%m}"


class MonthKeys:
    """Files named ``2027-03.key``, one Fernet key each, that only we can read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self, month: str) -> Fernet:
        """Return a month's key; make it if nobody has. Safe in several processes."""
        file = self._file(month)
        if not file.exists():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(file)
        return self.find(month)

    def find(self, month: str) -> Fernet:
        """Return a month's key.

        Raises:
            KeyDestroyedError: there is none.
        """
        try:
            return Fernet(self._file(month).read_bytes())
        except FileNotFoundError as error:
            raise KeyDestroyedError(month) from error

    def destroy_before(self, month: str) -> list[str]:
        """Delete the keys of all earlier months, and return these."""
        found = self._folder.glob("*.key") if self._folder.exists() else ()
        over = sorted(
            file.stem
            for file in found
            if _NAME.fullmatch(file.stem) and file.stem < month
        )
        for each in over:
            self._file(each).unlink(missing_ok=True)
        return over

    def _file(self, month: str) -> Path:
        return self._folder / f"{month}.key"

    def _write(self, file: Path) -> None:
        """Create the file at once with its content, unless another process has."""
        draft = self._folder / f".{file.stem}.{secrets.token_hex(8)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, Fernet.generate_key())
            os.fsync(descriptor)
            try:
                os.link(draft, file)
            except FileExistsError:
                return
        finally:
            os.close(descriptor)
            draft.unlink()
