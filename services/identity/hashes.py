"""Hashes of tokens and of what must not be stored as it is, and the keys for them."""

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derive_key(signing_key: Ed25519PrivateKey, purpose: bytes) -> bytes:
    """Derive a key of 256 bits from the signing key, one per purpose.

    It never leaves the process, so nobody else can compute a hash with it.
    """
    kdf = HKDF(SHA256(), length=32, salt=None, info=purpose)
    return kdf.derive(signing_key.private_bytes_raw())


def keyed_hash(key: bytes, topic: str, text: str) -> bytes:
    """Hash a text that could be guessed, such as an email; topics are kept apart."""
    message = f"{topic}:{text}".encode("utf-8", "surrogatepass")
    return hmac.digest(key, message, "sha256")


def hash_token(token: str) -> bytes:
    """Hash a token of 256 random bits, for which no key is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
