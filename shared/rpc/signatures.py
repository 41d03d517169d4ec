"""Sign events over their bytes by their source, and check them.

Anyone who can put bytes into a queue (the broker's administrator, a disk, a mistake in
the accounts' rights) still can't make an event that is believed. The id of the key
travels with the signature: while a key is replaced, a source has two.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.errors import Unauthenticated
from shared.principal import load_private_key, read_public_key

KEY_ID = "key-id"
SIGNATURE = "signature"

_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)


class EventSigner:
    """Signs the events of one service."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self._key_id = _id_of(key.public_key())

    def sign(self, body: bytes) -> dict[str, str]:
        """Return the headers that an event travels with."""
        signature = base64.b64encode(self._key.sign(body)).decode()
        return {KEY_ID: self._key_id, SIGNATURE: signature}


class EventKeys:
    """The public keys of services whose events are accepted."""

    def __init__(self, keys: Mapping[str, Iterable[Ed25519PublicKey]]) -> None:
        self._keys = {
            source: {_id_of(key): key for key in of_source}
            for source, of_source in keys.items()
        }

    def check(self, source: str, body: bytes, headers: Mapping[str, Any]) -> None:
        """Check that ``source`` has signed these bytes.

        Raises:
            Unauthenticated: ``event_forged``.
        """
        key = self._keys.get(source, {}).get(str(headers.get(KEY_ID)))
        if key is None:
            raise Unauthenticated("event_forged", f"no key of {source} is named")
        try:
            signature = base64.b64decode(str(headers.get(SIGNATURE)), validate=True)
            key.verify(signature, body)
        except (InvalidSignature, binascii.Error, ValueError) as error:
            raise Unauthenticated("event_forged", f"not signed by {source}") from error


def load_signer(keys: Path, service: str) -> EventSigner:
    return EventSigner(load_private_key(keys / f"{service}.event.key"))


def load_event_keys(keys: Path, sources: Iterable[str]) -> EventKeys:
    """Read the keys of ``sources``: each file holds one or several."""
    files = {source: keys / f"{source}.event.pub" for source in sources}
    return EventKeys(
        {
            source: [read_public_key(pem) for pem in _PEM.findall(file.read_bytes())]
            for source, file in files.items()
        }
    )


def _id_of(key: Ed25519PublicKey) -> str:
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]
