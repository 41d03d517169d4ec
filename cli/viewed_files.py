"""Files of documents that an operator has viewed: deleted on decision or after an hour.

Each view is noted in ``$VAR/viewed-documents`` before its files are written. As a
program (``python -m cli.viewed_files NOTE``) it waits in the background and deletes
them; where it could not, because the machine was restarted, the next command does.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import msgspec

KEPT_S = 3600.0
_LOOK_EVERY_S = 30.0
_FOLDER = "viewed-documents"


class _Note(msgspec.Struct):
    files: list[str]
    until: float
    """Seconds since 1970."""


def keep_for_an_hour(
    var: Path, document_id: UUID, folder: Path, pages: Sequence[bytes]
) -> list[Path]:
    """Write a document's pages, readable by this user alone, and have them deleted.

    Raises:
        OSError: they can't be written.
    """
    names = [f"{document_id}-{number}.jpg" for number in range(1, len(pages) + 1)]
    files = [folder.absolute() / name for name in names]
    forget(var, document_id)
    note = _write_note(var, document_id, files)
    subprocess.Popen(  # noqa: S603  this program
        [sys.executable, "-m", "cli.viewed_files", str(note)],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file, page in zip(files, pages, strict=True):
            _write(file, page)
    except OSError:
        forget(var, document_id)
        raise
    return files


def forget(var: Path, document_id: UUID) -> None:
    """Delete what was viewed of a document on this machine."""
    _delete(_note_of(var, document_id))


def forget_old(var: Path) -> None:
    """Delete what should have been deleted by now."""
    folder = var / _FOLDER
    for note in folder.iterdir() if folder.exists() else ():
        if _read(note).until <= time.time():
            _delete(note)


def _note_of(var: Path, document_id: UUID) -> Path:
    return var / _FOLDER / str(document_id)


def _write_note(var: Path, document_id: UUID, files: Sequence[Path]) -> Path:
    note = _note_of(var, document_id)
    note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = _Note([str(file) for file in files], time.time() + KEPT_S)
    _write(note, msgspec.json.encode(written))
    return note


def _write(file: Path, content: bytes) -> None:
    file.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(file, flags, 0o600), "wb") as opened:
        opened.write(content)


def _read(note: Path) -> _Note:
    try:
        return msgspec.json.decode(note.read_bytes(), type=_Note)
    except (FileNotFoundError, msgspec.MsgspecError):
        return _Note([], 0)


def _delete(note: Path) -> None:
    for file in map(Path, _read(note).files):
        if not file.is_dir():
            file.unlink(missing_ok=True)
    note.unlink(missing_ok=True)


def main() -> None:
    note = Path(sys.argv[1])
    while (left := _read(note).until - time.time()) > 0:
        # It may be gone before its time, or be of a later view.
        time.sleep(min(left, _LOOK_EVERY_S))
    _delete(note)


if __name__ == "__main__":
    main()
