"""The principal's token: who signed it, for how long, and for which company."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from shared.errors import Forbidden, Unauthenticated
from shared.permissions import Permission
from shared.principal import (
    Kind,
    Principal,
    Strength,
    load_private_key,
    load_public_key,
    nobody,
    sign,
    verify,
)

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
KEY = Ed25519PrivateKey.generate()
OTHER_KEY = Ed25519PrivateKey.generate()
ALICE = Principal(
    kind=Kind.USER,
    name="Alice",
    permissions=frozenset({Permission.READ_BILLING, Permission.ADD_FUNDS}),
    expires_at=NOW + timedelta(minutes=5),
    user_id=UUID(int=1),
    company_id=UUID(int=2),
    role="billing",
    strength=Strength.SECOND_FACTOR,
)


def refusal_of(token: str | None, now: datetime = NOW) -> str:
    with pytest.raises(Unauthenticated) as caught:
        verify(token, KEY.public_key(), now)
    return caught.value.code


def test_everything_about_a_principal_survives_the_token() -> None:
    assert verify(sign(ALICE, KEY), KEY.public_key(), NOW) == ALICE


def test_a_token_expires_by_our_clock() -> None:
    token = sign(ALICE, KEY)

    assert verify(token, KEY.public_key(), ALICE.expires_at - timedelta(seconds=1))
    assert refusal_of(token, ALICE.expires_at) == "principal_expired"


@pytest.mark.parametrize("token", [None, ""])
def test_without_a_token_there_is_no_principal(token: str | None) -> None:
    assert refusal_of(token) == "principal_missing"


def claims(**changes: Any) -> dict[str, Any]:
    token = sign(ALICE, KEY)
    true: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return {**true, **changes}


FORGERIES = {
    "nonsense": "nonsense",
    "no text": "\ud800",
    "another's key": sign(ALICE, OTHER_KEY),
    "no signature": jwt.encode(claims(), "", algorithm="none"),
    "an HMAC with the public key": jwt.encode(
        claims(),
        KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),
        algorithm="HS256",
    ),
    "another algorithm": jwt.encode(
        claims(), generate_private_key(SECP256R1()), algorithm="ES256"
    ),
    "another audience": jwt.encode(claims(aud="elsewhere"), KEY, algorithm="EdDSA"),
    "no expiry": jwt.encode(
        {name: value for name, value in claims().items() if name != "exp"},
        KEY,
        algorithm="EdDSA",
    ),
    "an expiry beyond all time": jwt.encode(claims(exp=10**18), KEY, algorithm="EdDSA"),
    "permissions that are none": jwt.encode(
        claims(permissions=[["read_billing"]]), KEY, algorithm="EdDSA"
    ),
    "an unknown kind": jwt.encode(claims(kind="god"), KEY, algorithm="EdDSA"),
    "a company that is none": jwt.encode(
        claims(company="ours"), KEY, algorithm="EdDSA"
    ),
}


@pytest.mark.parametrize("token", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_token_is_refused(token: str) -> None:
    assert refusal_of(token) == "principal_forged"


def test_a_permission_of_a_later_version_is_not_held_and_does_no_harm() -> None:
    """While an upgrade is under way, identity may know more of them than others."""
    held = [*claims()["permissions"], "everything"]
    token = jwt.encode(claims(permissions=held), KEY, algorithm="EdDSA")

    assert verify(token, KEY.public_key(), NOW) == ALICE


def test_a_principal_does_what_it_may_and_nothing_else() -> None:
    ALICE.require(Permission.ADD_FUNDS)

    with pytest.raises(Forbidden) as caught:
        ALICE.require(Permission.OPERATE)

    assert caught.value.code == "permission_missing"
    assert caught.value.parameters == {"permission": "operate"}


def test_nobody_may_do_what_is_public_only() -> None:
    nobody().require(Permission.PUBLIC)

    with pytest.raises(Forbidden):
        nobody().require(Permission.READ_COMPANY)
    with pytest.raises(Forbidden):
        nobody().require_company()


def test_keys_are_read_from_their_files(tmp_path: Path) -> None:
    private, public = tmp_path / "principal.key", tmp_path / "principal.pub"
    private.write_bytes(
        KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    public.write_bytes(
        KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )

    token = sign(ALICE, load_private_key(private))

    assert verify(token, load_public_key(public), NOW) == ALICE


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.key"
    key = generate_private_key(SECP256R1())
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )

    with pytest.raises(TypeError, match="Ed25519"):
        load_private_key(file)
