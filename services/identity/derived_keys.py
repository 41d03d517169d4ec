"""Keys that are derived from the signing key, one per purpose."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derive(signing_key: Ed25519PrivateKey, purpose: bytes) -> bytes:
    """Derive a key of 256 bits that never leaves the process."""
    kdf = HKDF(SHA256(), length=32, salt=None, info=purpose)
    return kdf.derive(signing_key.private_bytes_raw())
