"""Write files under $VAR atomically; secrets are readable by their owner only."""

import os
import secrets
import tempfile
from pathlib import Path

_SECRET_BYTES = 32


def make_folder(folder: Path, mode: int = 0o700) -> Path:
    """Make a folder and its missing parents; leave an existing one unchanged.

    $VAR itself is made passable, not listable: PostgreSQL goes through it as another
    user when we are root.
    """
    if not folder.parent.exists():
        make_folder(folder.parent, 0o711)
    folder.mkdir(mode=mode, exist_ok=True)
    return folder


def write_atomically(file: Path, content: str | bytes, mode: int = 0o600) -> None:
    """Replace ``file`` atomically: readers see the old or the new content."""
    data = content.encode() if isinstance(content, str) else content
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "wb") as temporary:
            temporary.write(data)
            os.fchmod(descriptor, mode)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_once(file: Path, content: bytes, mode: int = 0o600) -> None:
    """Create ``file`` unless it exists; of several writers at once the first wins."""
    make_folder(file.parent)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    write_atomically(draft, content, mode)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def keep_secret(file: Path) -> str:
    """Return the secret (256 bits, hexadecimal) in ``file``; create it if missing."""
    if not file.exists():
        write_once(file, secrets.token_hex(_SECRET_BYTES).encode())
    return file.read_text().strip()
