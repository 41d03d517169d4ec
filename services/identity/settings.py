"""Identity's settings, read once at its start."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from shared.principal import load_private_key, load_public_key
from shared.settings import Provider, Settings


@dataclass(frozen=True)
class IdentitySettings:
    """Principals are signed with ``signing_key``.

    Operators prove themselves with the private half of ``operator_key``.
    ``public_url`` is where customers see the pages, and ``provider`` whose they are.
    """

    signing_key: Ed25519PrivateKey
    operator_key: Ed25519PublicKey
    public_url: str
    provider: Provider


def read_identity_settings(settings: Settings) -> IdentitySettings:
    """Read both keys from the folder of keys."""
    keys = settings.keys_dir
    return IdentitySettings(
        signing_key=load_private_key(keys / "principal.key"),
        operator_key=load_public_key(keys / "operator.pub"),
        public_url=settings.public_url,
        provider=settings.provider,
    )
