"""Read from the settings where people's documents are kept."""

from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from shared.settings import SettingError, Settings
from shared.storage.folder import FolderStorage
from shared.storage.s3 import Bucket, S3Storage
from shared.storage.storage import Storage

VARIABLE = "DOCUMENT_STORAGE_URL"
FOLDER = "identity-documents"

_DEFAULT_REGION = "us-east-1"


def read_storage(settings: Settings) -> Storage:
    """Return the storage of people's documents.

    ``DOCUMENT_STORAGE_URL`` is ``file:///folder`` (``$VAR/identity-documents`` unless
    it is set) or ``https://KEY_ID:SECRET@server/bucket?region=REGION``, also with http.

    Raises:
        SettingError: it is neither.
    """
    url = settings.environment.get(VARIABLE, "")
    if not url:
        return FolderStorage(settings.var / FOLDER)
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
        return FolderStorage(Path(unquote(parts.path)))
    return S3Storage(_bucket(parts))


def _bucket(parts: SplitResult) -> Bucket:
    name = parts.path.strip("/")
    is_complete = parts.hostname and parts.username and parts.password and name
    if parts.scheme not in {"http", "https"} or not is_complete or "/" in name:
        raise SettingError(
            f"{VARIABLE} is neither file:///folder nor "
            "https://KEY_ID:SECRET@server/bucket."
        )
    regions = parse_qs(parts.query).get("region", [_DEFAULT_REGION])
    return Bucket(
        endpoint=f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
        name=name,
        region=regions[0],
        key_id=unquote(parts.username or ""),
        secret=unquote(parts.password or ""),
    )
