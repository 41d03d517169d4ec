"""Recovery codes: for who has lost their phone. Each works once.

A code is 24 of Crockford's base32 characters, so 120 random bits: no list of guesses
can hit one, and a keyed hash is enough to keep it (OWASP ASVS 5.0, 6.5.2). The hash is
looked up by an index, so the time an answer takes tells nothing of other codes.
"""

import hmac
from datetime import datetime
from random import Random
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from services.identity.models.factors import RecoveryCode
from shared.contracts.identity.factors import RECOVERY_CODES

LENGTH = 24
_GROUP = 4
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("OIL", "011")
"""https://www.crockford.com/base32.html: letters that are taken for digits."""


def make(
    db: Session, key: bytes, user_id: UUID, random: Random, now: datetime
) -> list[str]:
    """Make new codes in place of those before, and return them for the only time."""
    forget(db, user_id)
    codes = [
        "".join(random.choices(_CROCKFORD, k=LENGTH)) for _ in range(RECOVERY_CODES)
    ]
    db.add_all(
        RecoveryCode(code_hash=_hash(key, code), user_id=user_id, created_at=now)
        for code in codes
    )
    return [_in_groups(code) for code in codes]


def read(text: str) -> str | None:
    """Return a code as it was made, however it was typed; None if it can't be one."""
    code = "".join(text.upper().replace("-", " ").split()).translate(_READ_AS)
    is_one = len(code) == LENGTH and all(letter in _CROCKFORD for letter in code)
    return code if is_one else None


def use(db: Session, key: bytes, user_id: UUID, code: str, now: datetime) -> bool:
    """Return whether a code is one of the person's and unused; it is used now."""
    used = db.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.code_hash == _hash(key, code),
            RecoveryCode.user_id == user_id,
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.user_id)
    )
    return used.one_or_none() is not None


def count_left(db: Session, user_id: UUID) -> int:
    unused = select(func.count()).select_from(RecoveryCode)
    return db.scalars(
        unused.where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    ).one()


def forget(db: Session, user_id: UUID) -> None:
    db.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def _in_groups(code: str) -> str:
    return "-".join(code[at : at + _GROUP] for at in range(0, LENGTH, _GROUP))


def _hash(key: bytes, code: str) -> bytes:
    return hmac.digest(key, code.encode(), "sha256")
