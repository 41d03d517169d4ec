"""Tokens of sessions and devices: a browser holds one, the database its SHA-256.

They have 256 random bits, so a plain hash is enough.
"""

import hashlib


def hash_token(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
