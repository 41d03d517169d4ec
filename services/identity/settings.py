"""Identity's settings, read once at its start."""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from shared.principal import load_private_key, load_public_key


@dataclass(frozen=True)
class IdentitySettings:
    """Principals are signed with ``signing_key``.

    Operators prove themselves with the private half of ``operator_key``.
    """

    signing_key: Ed25519PrivateKey
    operator_key: Ed25519PublicKey


def read_identity_settings(keys: Path) -> IdentitySettings:
    """Read both keys from the folder of keys."""
    return IdentitySettings(
        signing_key=load_private_key(keys / "principal.key"),
        operator_key=load_public_key(keys / "operator.pub"),
    )
