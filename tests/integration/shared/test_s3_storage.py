"""The storage in a bucket, against moto's server."""

from collections.abc import Iterator
from urllib.parse import quote

import boto3
import pytest
from moto.server import ThreadedMotoServer

from shared.settings import read_settings
from shared.storage.settings import VARIABLE, read_storage
from shared.storage.storage import NotStored, Storage, StorageUnavailable

SECRET = "a/secret+with=signs"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        region_name="eu-central-1",
        aws_access_key_id="key",
        aws_secret_access_key=SECRET,
    )
    where = {"LocationConstraint": "eu-central-1"}
    client.create_bucket(Bucket="documents", CreateBucketConfiguration=where)
    yield f"{host}:{port}"
    server.stop()


def _storage(server: str, bucket: str = "documents") -> Storage:
    url = f"http://key:{quote(SECRET, safe='')}@{server}/{bucket}?region=eu-central-1"
    return read_storage(read_settings({VARIABLE: url}))


def _failing() -> Iterator[bytes]:
    yield b"begun"
    raise EOFError("the sender is gone")


def test_what_is_written_is_read_until_it_is_deleted(server: str) -> None:
    storage = _storage(server)

    storage.write("raw/one", [b"a", b"", b"b" * 200_000])

    assert b"".join(storage.read("raw/one")) == b"a" + b"b" * 200_000
    with pytest.raises(NotStored):
        storage.read("remade/one")
    storage.delete("raw/one")
    storage.delete("raw/one")
    with pytest.raises(NotStored):
        storage.read("raw/one")


def test_half_a_file_is_no_file(server: str) -> None:
    storage = _storage(server)

    with pytest.raises(EOFError):
        storage.write("two", _failing())

    with pytest.raises(NotStored):
        storage.read("two")


def test_a_missing_bucket_or_server_is_unavailable(server: str) -> None:
    with pytest.raises(StorageUnavailable):
        _storage(server, bucket="another").write("one", [b"x"])
    with pytest.raises(StorageUnavailable):
        _storage("127.0.0.1:9").write("one", [b"x"])
