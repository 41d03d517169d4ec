"""The signed principals that identity hands out, to users and to operators."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.orm import Session

from services.identity.memberships import UsersCompany
from services.identity.models.people import User
from services.identity.models.signing_in import LoginSession
from services.identity.roles import PERMISSIONS, READING, WITHOUT_FACTOR
from shared.contracts.identity.accounts.standing import Standing
from shared.contracts.identity.signing_in import (
    ASSERTION_AUDIENCE,
    MINT_OPERATOR_TOKEN,
)
from shared.db import idempotency
from shared.db.idempotency import MAX_KEY_LENGTH
from shared.errors import Conflict, InvalidInput, Unauthenticated
from shared.permissions import Permission
from shared.principal import LIFETIME, Kind, Principal
from shared.rpc.call import Call
from shared.text import clean_line

ASSERTION_LIFETIME = timedelta(seconds=60)
MAX_OPERATOR_NAME_LENGTH = 100

_ALGORITHM = "EdDSA"
_CLOCK_SKEW = timedelta(seconds=5)
_DEFECTS = (
    jwt.InvalidTokenError,
    InvalidInput,
    TypeError,
    ValueError,
    OverflowError,
)


def of_user(
    user: User,
    company: UsersCompany,
    session: LoginSession,
    now: datetime,
) -> Principal:
    """A user who acts for one of their companies, in the role they have there.

    Without the second factor that the company requires, next to nothing is left of it;
    in a company that is closed or locked, what only reads.
    """
    lacks_factor = company.requires_two_factor and not user.two_factor_enabled
    permissions = WITHOUT_FACTOR if lacks_factor else PERMISSIONS[company.role]
    if company.standing is not Standing.OPEN:
        permissions &= READING
    return Principal(
        kind=Kind.USER,
        name=user.name,
        permissions=permissions,
        expires_at=_expiry(now),
        user_id=user.id,
        company_id=company.company_id,
        role=company.role.value,
        strength=session.strength,
        session_id=session.id,
        proved_at=session.proved_at,
        lacks_factor=lacks_factor,
    )


@dataclass(frozen=True)
class Assertion:
    """What an operator's key has signed; ``jti`` is its own, and used once.

    ``is_login_name``: nobody gave the name, it is that of the operator's login.
    """

    name: str
    jti: str
    is_login_name: bool = False


def of_operator(
    assertion: Assertion, company_id: UUID | None, now: datetime
) -> Principal:
    """One of the provider's own staff; with a company, for that company."""
    return Principal(
        kind=Kind.OPERATOR,
        name=assertion.name,
        is_login_name=assertion.is_login_name,
        permissions=frozenset(Permission),
        expires_at=_expiry(now),
        company_id=company_id,
    )


def read_assertion(assertion: str, key: Ed25519PublicKey, now: datetime) -> Assertion:
    """Return what an assertion says, when it is genuine and of this minute.

    Raises:
        Unauthenticated: ``assertion_forged`` (any defect, also a life of more than
            60 seconds) or ``assertion_expired``.
    """
    try:
        # Times are checked below: PyJWT would ask the system's clock, not ours.
        claims = jwt.decode(
            assertion,
            key,
            algorithms=[_ALGORITHM],
            audience=ASSERTION_AUDIENCE,
            options={
                "verify_exp": False,
                "verify_iat": False,
                "require": ["exp", "iat", "name", "aud", "jti"],
            },
        )
        issued, expires = int(claims["iat"]), int(claims["exp"])
        name = clean_line(claims["name"], MAX_OPERATOR_NAME_LENGTH, required=True)
        jti = clean_line(claims["jti"], MAX_KEY_LENGTH, required=True)
    except _DEFECTS as error:
        raise Unauthenticated("assertion_forged", type(error).__name__) from error
    if expires - issued > ASSERTION_LIFETIME.total_seconds():
        raise Unauthenticated("assertion_forged", "lives for too long")
    if issued > (now + _CLOCK_SKEW).timestamp():
        raise Unauthenticated("assertion_forged", "issued in the future")
    if expires <= now.timestamp():
        raise Unauthenticated("assertion_expired")
    return Assertion(name, jti, is_login_name=claims.get("login_name") is True)


def use_assertion(db: Session, call: Call, assertion: Assertion) -> None:
    """Take an assertion, which nobody can take again.

    Raises:
        Unauthenticated: ``assertion_forged``; it was taken before.
    """
    method = MINT_OPERATOR_TOKEN.name
    key = idempotency.Key.of(call.principal, method, assertion.jti, assertion.name)
    try:
        was_used = idempotency.claim(db, key, call.now)
    except Conflict as refusal:
        raise Unauthenticated("assertion_forged", "used before") from refusal
    if was_used:
        raise Unauthenticated("assertion_forged", "used before")
    idempotency.keep_result(db, key, result=True)


def _expiry(now: datetime) -> datetime:
    """To the second, as the token has it."""
    return now.replace(microsecond=0) + LIFETIME
