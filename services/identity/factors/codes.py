"""Codes that people type: of their app, or for recovery."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.identity.derived_keys import derive
from services.identity.factors import guesses, recovery_codes, totp
from services.identity.factors.secret_keys import SecretKeys
from services.identity.models.people import User
from services.identity.notices.notify import Subject, notify
from shared.contracts.identity.factors import Factor
from shared.contracts.identity.notices import NoticeKind
from shared.rpc.change import Change


@dataclass(frozen=True)
class FactorSecrets:
    """What factors are kept under: apps' secrets, and hashes of recovery codes."""

    keys: SecretKeys
    recovery_key: bytes

    @classmethod
    def of(cls, keys: SecretKeys, signing_key: Ed25519PrivateKey) -> "FactorSecrets":
        return cls(keys, derive(signing_key, b"client-area recovery codes"))


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
    guesses.refuse_when_throttled(db, user.id, factor, now)
    if recovery_code:
        key = secrets.recovery_key
        is_right = recovery_codes.use(db, key, user.id, recovery_code, now)
    else:
        digits = "".join(text.split())
        is_right = totp.use_code(db, secrets.keys, user.id, digits, now)
    if not is_right:
        guesses.count_failure(db, user.id, factor, now)
        return None
    guesses.clear_failures(db, user.id, factor)
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
