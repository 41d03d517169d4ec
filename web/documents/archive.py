"""Documents' files as one ZIP, made while it is sent; one file at a time is held."""

from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import PurePath
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from shared.contracts.billing.documents import Document, DocumentFile
from shared.errors import ContractError

MEDIA_TYPE = "application/zip"
MISSING = "MISSING.txt"

_LEFT_OUT = frozenset({"file_not_ready", "file_damaged"})
"""Refusals that concern one document, and the others can be had."""

_ORDINARY_FILE = 0o644 << 16


def write_zip(
    documents: Iterable[Document],
    fetch: Callable[[Document], DocumentFile],
    words: Callable[[ContractError], str],
    now: datetime,
) -> Iterator[bytes]:
    """Write the documents' files; ``MISSING.txt`` says which are left out, and why.

    ``words`` say why in a sentence.

    When anything else fails, the archive ends without its directory, and so can't be
    opened: it never looks complete.
    """
    sink, names, missing = _Sink(), _Names(), list[str]()
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive:
        for document in documents:
            try:
                file = fetch(document)
            except ContractError as refusal:
                if refusal.code not in _LEFT_OUT:
                    raise
                missing.append(f"{document.number}: {words(refusal)}\n")
                continue
            entry = _entry(names.free(file.file_name), document.issued_at)
            archive.writestr(entry, b64decode(file.content))
            yield sink.take()
        if missing:
            archive.writestr(_entry(MISSING, now), "".join(missing))
    yield sink.take()


class _Sink:
    """What `ZipFile` writes to; not seekable, since its parts have been sent."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def take(self) -> bytes:
        taken, self._written = bytes(self._written), bytearray()
        return taken


class _Names:
    """Names of files, each once, also where capitals make no difference."""

    def __init__(self) -> None:
        self._taken = {MISSING.casefold()}

    def free(self, name: str) -> str:
        free = plain = name.replace("/", "-").replace("\\", "-")
        number = 1
        while free.casefold() in self._taken:
            number += 1
            path = PurePath(plain)
            free = f"{path.stem} ({number}){path.suffix}"
        self._taken.add(free.casefold())
        return free


def _entry(name: str, at: datetime) -> ZipInfo:
    entry = ZipInfo(name, (at.year, at.month, at.day, at.hour, at.minute, at.second))
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = _ORDINARY_FILE
    return entry
