"""The keys and secrets of one installation, made on first use."""

from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from launcher.machine.files import keep_secret, write_atomically, write_once

KEY_PAIRS = (
    "principal",
    "operator",
    "identity.event",
    "inventory.event",
    "billing.event",
)
"""Identity signs principals; operators sign what they ask identity for; each service
signs its events."""

FACTOR_KEYS = "factor.keys"
"""The file of keys that encrypt the secrets of authenticator apps, newest first."""
DOCUMENT_KEYS = "document.keys"
"""The file of keys that wrap those of identity documents, newest first."""


def ensure_keys(folder: Path) -> None:
    """Make the key pairs, keys of apps and documents, and two programs' secrets.

    What exists is left as it is. Safe to call from several processes at once.
    """
    for name in KEY_PAIRS:
        ensure_pair(folder, name)
    for name in (FACTOR_KEYS, DOCUMENT_KEYS):
        if not (folder / name).exists():
            write_once(folder / name, Fernet.generate_key())
    keep_secret(folder / "web.secret")
    keep_secret(folder / "sandbox.secret")


def add_key(folder: Path, name: str) -> None:
    """Make a new key in a file of keys; those before still open what they encrypted."""
    file = folder / name
    write_atomically(file, Fernet.generate_key() + b"\n" + file.read_bytes())


def ensure_pair(folder: Path, name: str) -> None:
    """Make a key pair, or its missing half."""
    private_file, public_file = folder / f"{name}.key", folder / f"{name}.pub"
    if not private_file.exists():
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_once(private_file, pem)
    if not public_file.exists():
        private = load_pem_private_key(private_file.read_bytes(), password=None)
        public = private.public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        write_once(public_file, pem)
