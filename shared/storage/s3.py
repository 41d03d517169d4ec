"""A storage in a bucket of an S3-compatible server.

boto3 is imported where a bucket is used: it takes some 30 MB of memory.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.storage.storage import NotStored, StorageUnavailable, checked

if TYPE_CHECKING:
    from botocore.client import BaseClient

_CHUNK_BYTES = 64 * 1024
_CONNECT_TIMEOUT_S = 5
_READ_TIMEOUT_S = 20
_ATTEMPTS = 3
_MISSING = frozenset({"NoSuchKey", "404"})


@dataclass(frozen=True)
class Bucket:
    """A bucket, and the key by which its server knows us.

    ``endpoint`` is the server's address, without the bucket.
    """

    endpoint: str
    name: str
    region: str
    key_id: str
    secret: str


class S3Storage:
    """Objects of a bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket.name
        self._client = _connect(bucket)

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        """Store the chunks; they are collected in memory, so that it is one request.

        A multipart upload would leave parts behind when this process is killed.
        """
        where = self._where(name)
        content = b"".join(chunks)
        with _refusals():
            self._client.put_object(**where, Body=content)

    def read(self, name: str) -> Iterator[bytes]:
        with _refusals():
            body = self._client.get_object(**self._where(name))["Body"]

        def chunks() -> Iterator[bytes]:
            with _refusals():
                yield from body.iter_chunks(_CHUNK_BYTES)

        return chunks()

    def delete(self, name: str) -> None:
        with _refusals():
            self._client.delete_object(**self._where(name))

    def _where(self, name: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": checked(name)}


def _connect(bucket: Bucket) -> "BaseClient":
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    return boto3.session.Session().client(
        "s3",
        endpoint_url=bucket.endpoint,
        region_name=bucket.region,
        aws_access_key_id=bucket.key_id,
        aws_secret_access_key=bucket.secret,
        config=Config(
            signature_version="s3v4",
            connect_timeout=_CONNECT_TIMEOUT_S,
            read_timeout=_READ_TIMEOUT_S,
            retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
            # Servers other than Amazon's have neither for sure.
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn the client's errors into ours; those have the bucket's key in no case."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        yield
    except ClientError as error:
        response: Any = error.response
        code = str(response.get("Error", {}).get("Code", ""))
        if code in _MISSING:
            raise NotStored from error
        raise StorageUnavailable(code) from error
    except BotoCoreError as error:
        raise StorageUnavailable(type(error).__name__) from error
