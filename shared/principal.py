"""The signed principal that every service verifies.

A principal is one person acting for one company (or an operator, or a service's own
job). Identity signs it with Ed25519; the token is a JWT of five minutes' life, so the
web front end alone cannot act for a company by naming its id.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
)

from shared.errors import Forbidden, Unauthenticated
from shared.permissions import Permission

LIFETIME = timedelta(minutes=5)
PROOF_LIFETIME = timedelta(minutes=10)
"""How long a proof of who somebody is counts for what needs a recent one."""
NOBODY_ID = UUID(int=0)

_ALGORITHM = "EdDSA"
_AUDIENCE = "client-area"
_PERMISSIONS = {permission.value: permission for permission in Permission}


class Kind(Enum):
    USER = "user"
    OPERATOR = "operator"
    SYSTEM = "system"


class Strength(Enum):
    """How the user authenticated in this session."""

    PASSWORD = "password"  # noqa: S105  a word, not a secret
    SECOND_FACTOR = "second_factor"
    PASSKEY = "passkey"
    """Without a password; the passkey itself is two factors (ASVS 5.0, 6.3.3)."""


@dataclass(frozen=True)
class Principal:
    """``name`` is for logs and history rows; ``user_id`` is nil unless a user acts.

    ``is_login_name``: the name is that of an operator's login on their machine, which
    no customer is shown.
    ``session_id`` is the session that it was made for, and nil unless a user acts.
    ``proved_at`` is when the user last proved who they are, by any factor; None unless
    a user acts.
    ``lacks_factor``: the company requires a second factor of its members, which the
    user has not set up; the permissions are few until then.
    """

    kind: Kind
    name: str
    permissions: frozenset[Permission]
    expires_at: datetime
    user_id: UUID = NOBODY_ID
    company_id: UUID | None = None
    role: str = ""
    strength: Strength = Strength.PASSWORD
    session_id: UUID = NOBODY_ID
    is_login_name: bool = False
    proved_at: datetime | None = None
    lacks_factor: bool = False

    @property
    def issued_at(self) -> datetime:
        return self.expires_at - LIFETIME

    @property
    def shown_name(self) -> str:
        """The name as a customer may see it: never a program's or a login's."""
        is_named = self.kind is not Kind.SYSTEM and not self.is_login_name
        return self.name if is_named else ""

    def require(self, permission: Permission) -> None:
        """Raise `Forbidden` (``permission_missing``) unless the principal has it.

        The code is ``two_factor_missing`` if that is why.
        """
        if permission not in self.permissions and self.lacks_factor:
            raise Forbidden("two_factor_missing")
        if permission not in self.permissions:
            raise Forbidden(
                "permission_missing",
                f"{self.kind.value} lacks {permission.value}",
                {"permission": permission.value},
            )

    def require_proof(self, now: datetime) -> None:
        """Raise `Forbidden` (``step_up_required``) for a user without a recent proof.

        OWASP ASVS 5.0, 7.5.1 and 7.5.2.
        """
        if not self.has_proof(now):
            raise Forbidden("step_up_required")

    def has_proof(self, now: datetime) -> bool:
        """Whether a user has a recent proof; others need none."""
        if self.kind is not Kind.USER:
            return True
        return self.proved_at is not None and self.proved_at > now - PROOF_LIFETIME

    def require_company(self) -> UUID:
        """Return the company acted for; raises `Forbidden` when there is none."""
        if self.company_id is None:
            raise Forbidden("no_company", f"{self.kind.value} acts for no company")
        return self.company_id


def nobody() -> Principal:
    """Return the principal of a public method's caller."""
    return system("nobody")


def system(name: str) -> Principal:
    """Return a principal for a service's job or event handler; it is never sent."""
    return Principal(
        kind=Kind.SYSTEM,
        name=name,
        permissions=frozenset({Permission.PUBLIC}),
        expires_at=datetime.max.replace(tzinfo=UTC),
    )


def person(user_id: UUID, name: str, session_id: UUID = NOBODY_ID) -> Principal:
    """Return who called a public method, once that is known; it is never sent."""
    return replace(
        nobody(),
        kind=Kind.USER,
        name=name,
        user_id=user_id,
        session_id=session_id,
    )


def load_private_key(path: Path) -> Ed25519PrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path} holds no Ed25519 private key")
    return key


def load_public_key(path: Path) -> Ed25519PublicKey:
    return read_public_key(path.read_bytes())


def read_public_key(pem: bytes) -> Ed25519PublicKey:
    key = load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise TypeError("this is not an Ed25519 public key")
    return key


def sign(principal: Principal, key: Ed25519PrivateKey) -> str:
    """Create the token; it expires with the principal (to the second)."""
    claims: dict[str, Any] = {
        "aud": _AUDIENCE,
        "exp": int(principal.expires_at.timestamp()),
        "kind": principal.kind.value,
        "name": principal.name,
        "sub": str(principal.user_id),
        "company": str(principal.company_id) if principal.company_id else None,
        "role": principal.role,
        "permissions": _values(principal.permissions),
        "strength": principal.strength.value,
        "session": str(principal.session_id),
        "login_name": principal.is_login_name,
        "proved": _seconds(principal.proved_at),
        "lacks_factor": principal.lacks_factor,
    }
    return jwt.encode(claims, key, algorithm=_ALGORITHM)


def verify(token: str | None, key: Ed25519PublicKey, now: datetime) -> Principal:
    """Read a token and check its signature and its time.

    Raises:
        Unauthenticated: ``principal_missing``, ``principal_forged`` (any defect) or
            ``principal_expired``.
    """
    if not token:
        raise Unauthenticated("principal_missing")
    try:
        # Expiry is checked below: PyJWT would ask the system's clock, not ours.
        claims = jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            audience=_AUDIENCE,
            options={"verify_exp": False, "require": ["exp", "aud", "sub"]},
        )
        principal = _read(claims)
    except (
        jwt.InvalidTokenError,
        ArithmeticError,
        KeyError,
        OSError,
        TypeError,
        ValueError,
    ) as error:
        raise Unauthenticated("principal_forged", type(error).__name__) from error
    if principal.expires_at <= now:
        raise Unauthenticated("principal_expired")
    return principal


def _read(claims: dict[str, Any]) -> Principal:
    company = claims["company"]
    return Principal(
        kind=Kind(claims["kind"]),
        name=claims["name"],
        permissions=_known(claims["permissions"]),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        user_id=UUID(claims["sub"]),
        company_id=UUID(company) if company else None,
        role=claims["role"],
        strength=Strength(claims["strength"]),
        session_id=UUID(claims.get("session", str(NOBODY_ID))),
        is_login_name=claims.get("login_name") is True,
        proved_at=_moment(claims.get("proved")),
        lacks_factor=claims.get("lacks_factor") is True,
    )


def _known(values: Iterable[str]) -> frozenset[Permission]:
    """Drop permissions of later versions, which are not used here.

    Identity may be the first to be upgraded.
    """
    return frozenset(_PERMISSIONS[value] for value in values if value in _PERMISSIONS)


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _values(permissions: Iterable[Permission]) -> list[str]:
    return sorted(permission.value for permission in permissions)
