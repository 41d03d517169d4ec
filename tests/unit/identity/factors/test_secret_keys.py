"""Secrets stay readable while keys are made and removed."""

from cryptography.fernet import Fernet

from services.identity.factors.secret_keys import SecretKeys


def test_a_secret_is_under_the_key_that_it_names_also_while_one_is_made() -> None:
    """Else it would not be encrypted again, and be lost with the older key."""
    older, newer = Fernet.generate_key(), Fernet.generate_key()
    both = newer + b"\n" + older
    reads = iter([older])

    sealed = SecretKeys(lambda: next(reads, both)).seal("secret")

    kept = {_only(key).newest_id: _only(key) for key in (older, newer)}
    assert kept[sealed.key_id].open(sealed.data) == "secret"


def _only(key: bytes) -> SecretKeys:
    return SecretKeys(lambda: key)
