"""Make changes take effect once per idempotency key.

The key's row is written in the transaction of the effect, with its result: a repeat
returns the stored result, and two at once wait for each other on the row.

Arguments may hold a password. Their hash is keyed with the caller's key, of which only
a hash is kept, so passwords can't be tried against the table.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.db.tables import idempotency_keys as keys
from shared.errors import Conflict, InvalidInput
from shared.principal import NOBODY_ID, Principal
from shared.wire import to_json

KEPT_FOR = timedelta(days=7)
MAX_KEY_LENGTH = 100


@dataclass(frozen=True)
class Key:
    """One intended effect: caller, method and key."""

    company_id: UUID
    user_id: UUID
    method: str
    key: str
    arguments_hash: bytes

    @classmethod
    def of(
        cls, principal: Principal, method: str, key: str | None, arguments: Any
    ) -> "Key":
        """Name the effect.

        Raises:
            InvalidInput: ``idempotency_key_missing``, ``idempotency_key_too_long`` or
                ``malformed_message`` (half a surrogate pair).
        """
        if not key:
            raise InvalidInput("idempotency_key_missing", method)
        if len(key) > MAX_KEY_LENGTH:
            raise InvalidInput("idempotency_key_too_long", method)
        try:
            secret, message = key.encode(), to_json(arguments)
        except UnicodeEncodeError as error:
            raise InvalidInput("malformed_message", error.reason) from error
        return cls(
            company_id=principal.company_id or NOBODY_ID,
            user_id=principal.user_id,
            method=method,
            key=hashlib.sha256(secret).hexdigest(),
            arguments_hash=hmac.digest(secret, message, "sha256"),
        )


def claim(session: Session, key: Key, now: datetime) -> Any | None:
    """Claim the key for this transaction, or return its first result.

    Raises:
        Conflict: ``idempotency_key_reused`` when the arguments differ.
    """
    taken = session.execute(
        insert(keys)
        .values(
            company_id=key.company_id,
            user_id=key.user_id,
            method=key.method,
            key=key.key,
            arguments_hash=key.arguments_hash,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(keys.c.key)
    ).first()
    if taken is not None:
        return None
    stored = session.execute(
        select(keys.c.arguments_hash, keys.c.result).where(_is(key))
    ).one()
    if bytes(stored.arguments_hash) != key.arguments_hash:
        raise Conflict("idempotency_key_reused", key.method)
    return stored.result


def keep_result(session: Session, key: Key, result: Any) -> None:
    session.execute(update(keys).where(_is(key)).values(result=result))


def forget_old_keys(session: Session, now: datetime) -> int:
    """Delete keys older than seven days and return how many."""
    old = delete(keys).where(keys.c.created_at < now - KEPT_FOR)
    return len(session.execute(old.returning(keys.c.key)).all())


def _is(key: Key) -> Any:
    return and_(
        keys.c.company_id == key.company_id,
        keys.c.user_id == key.user_id,
        keys.c.method == key.method,
        keys.c.key == key.key,
    )
