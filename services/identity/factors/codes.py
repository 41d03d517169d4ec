"""Codes that people type: of their app, or for recovery.

Two of a million codes of an app are right at a time: with 50 wrong ones a day, somebody
who knows a password guesses one within a year with a chance of one in 27.
"""

from dataclasses import dataclass
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.identity.factors import recovery_codes, totp
from services.identity.factors.secret_keys import SecretKeys
from services.identity.hashes import derive_key
from services.identity.limits import Limit, Limits
from services.identity.models.people import User
from services.identity.notices.notify import Subject, notify
from shared.contracts.identity.factors import Factor
from shared.contracts.identity.notices import NoticeKind
from shared.rpc.change import Change

LIMITS = (
    Limit("codes in a day", "too_many_codes", 50, timedelta(days=1)),
    Limit("codes in minutes", "too_many_codes", 10, timedelta(minutes=15)),
)
"""Wrong codes of one factor, the longest wait first. A right one sets them back.

Each factor has its own: guesses at an app's codes keep nobody from a recovery code.
"""


@dataclass(frozen=True)
class FactorSecrets:
    """What factors are kept under: apps' secrets, and hashes of recovery codes."""

    keys: SecretKeys
    recovery_key: bytes
    limits: Limits

    @classmethod
    def of(
        cls, keys: SecretKeys, signing_key: Ed25519PrivateKey, limits: Limits
    ) -> "FactorSecrets":
        key = derive_key(signing_key, b"client-area recovery codes")
        return cls(keys, key, limits)


def try_code(
    change: Change, secrets: FactorSecrets, user: User, text: str
) -> Factor | None:
    """Use a code, and return of which factor it was; None if it is wrong.

    A wrong one is counted, so its transaction must be committed. Call it with the
    user's row locked: guesses at once are made one after the other.

    Raises:
        Throttled: ``too_many_codes``.
    """
    db, now = change.db, change.call.now
    recovery_code = recovery_codes.read(text)
    factor = Factor.RECOVERY_CODE if recovery_code else Factor.TOTP
    subject = f"{user.id} {factor.value}"
    for limit in LIMITS:
        secrets.limits.take(db, limit, subject, now)
    if recovery_code:
        key = secrets.recovery_key
        is_right = recovery_codes.use(db, key, user.id, recovery_code, now)
    else:
        digits = "".join(text.split())
        is_right = totp.use_code(db, secrets.keys, user.id, digits, now)
    if not is_right:
        return None
    for limit in LIMITS:
        secrets.limits.clear(db, limit, subject)
    if recovery_code:
        _tell_of_recovery(change, user)
    return factor


def _tell_of_recovery(change: Change, user: User) -> None:
    left = recovery_codes.count_left(change.db, user.id)
    subject = Subject(
        NoticeKind.RECOVERY_CODE_USED,
        cause=str(change.runtime.new_id()),
        parameters={"left": str(left)},
    )
    notify(change, user, subject)
