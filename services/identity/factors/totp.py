"""Codes of authenticator apps (RFC 6238): six digits, a new one every 30 seconds.

The present step counts and the one before, for who types slowly or whose clock is late;
never the next one. A code counts once: a step that was used takes all before it along,
which the database decides between two requests at once.
"""

import hmac
from base64 import b32decode, b32encode
from binascii import Error as Base32Error
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import msgspec
import pyotp
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.identity.factors.secret_keys import SecretKeys
from services.identity.models.factors import AuthenticatorApp
from services.identity.models.people import User
from shared.contracts.identity.factors import TotpProposal
from shared.errors import InvalidInput
from shared.rpc.change import Change

PROPOSAL_LIFETIME = timedelta(hours=1)
SECRET_BYTES = 20
"""160 bits, as RFC 4226 recommends (section 4, R6)."""
_MIN_SECRET_BYTES = 10
_MAX_SECRET_BYTES = 64
_AT_ONCE = 200


class _Totp(pyotp.TOTP):
    """pyotp's, for the secrets of other panels, too, which often have 80 bits."""

    min_secret_length_bits = _MIN_SECRET_BYTES * 8


class _Proposal(msgspec.Struct):
    user_id: UUID
    secret: str
    expires_at: datetime


def propose(
    keys: SecretKeys, user: User, random: Random, now: datetime
) -> TotpProposal:
    """Make a secret for a person's app; nothing is kept until they have a code."""
    secret = b32encode(random.randbytes(SECRET_BYTES)).decode()
    proposal = _Proposal(user.id, secret, now + PROPOSAL_LIFETIME)
    sealed = keys.seal(msgspec.json.encode(proposal).decode())
    return TotpProposal(email=user.email, secret=secret, proposal=sealed.data.decode())


def open_proposal(keys: SecretKeys, proposal: str, user_id: UUID, now: datetime) -> str:
    """Return the secret that was proposed to this person.

    Raises:
        InvalidInput: ``proposal_expired``, or it is somebody else's or made up.
    """
    text = keys.open_or_none(proposal)
    opened = msgspec.json.decode(text, type=_Proposal) if text else None
    if opened is None or opened.user_id != user_id or opened.expires_at <= now:
        raise InvalidInput("proposal_expired")
    return opened.secret


def check_secret(text: str) -> str:
    """Return a secret from elsewhere as we keep it: base32 without blanks and padding.

    Raises:
        InvalidInput: ``bad_totp_secret``; it is no base32, or of less than 80 bits.
    """
    secret = "".join(text.split()).upper().rstrip("=")
    try:
        length = len(b32decode(secret + "=" * (-len(secret) % 8)))
    except (Base32Error, ValueError):
        length = 0
    if not _MIN_SECRET_BYTES <= length <= _MAX_SECRET_BYTES:
        raise InvalidInput("bad_totp_secret")
    return secret


def find_step(secret: str, code: str, now: datetime) -> int | None:
    """Return the step that a code is of, the present one or the last; else None."""
    if not code.isascii():
        return None  # `compare_digest` takes no other letters
    totp = _Totp(secret)
    present = totp.timecode(now)
    for step in (present, present - 1):
        if hmac.compare_digest(totp.generate_otp(step), code):
            return step
    return None


def find_app(db: Session, user_id: UUID) -> AuthenticatorApp | None:
    return db.get(AuthenticatorApp, user_id)


def use_code(
    db: Session, keys: SecretKeys, user_id: UUID, code: str, now: datetime
) -> bool:
    """Return whether a code is right and was not used before; it is used now."""
    app = find_app(db, user_id)
    step = find_step(keys.open(app.secret), code, now) if app else None
    if step is None:
        return False
    used = db.execute(
        update(AuthenticatorApp)
        .where(AuthenticatorApp.user_id == user_id, AuthenticatorApp.last_step < step)
        .values(last_step=step)
        .returning(AuthenticatorApp.user_id)
    )
    return used.one_or_none() is not None


def keep_app(
    change: Change, keys: SecretKeys, user_id: UUID, secret: str, used_step: int
) -> None:
    """Keep a person's app in place of the one they had; ``used_step`` is used up."""
    sealed = keys.seal(secret)
    values = {
        "secret": sealed.data,
        "key_id": sealed.key_id,
        "last_step": used_step,
        "created_at": change.call.now,
    }
    adding = insert(AuthenticatorApp).values(user_id=user_id, **values)
    change.db.execute(
        adding.on_conflict_do_update(index_elements=["user_id"], set_=values)
    )


def forget_app(db: Session, user_id: UUID) -> None:
    db.execute(delete(AuthenticatorApp).where(AuthenticatorApp.user_id == user_id))


def encrypt_with_newest_key(db: Session, keys: SecretKeys) -> int:
    """Encrypt secrets that are under an older key again; return how many there were."""
    newest = keys.newest_id
    older = db.scalars(
        select(AuthenticatorApp)
        .where(AuthenticatorApp.key_id != newest)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for app in older:
        sealed = keys.seal(keys.open(app.secret))
        app.secret, app.key_id = sealed.data, sealed.key_id
    return len(older)
