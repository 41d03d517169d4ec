"""People's passkeys, and their use."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.structs import CredentialDeviceType

from services.identity.factors.challenges import Holder, use_challenge
from services.identity.factors.relying_party import (
    Assertion,
    Registration,
    RelyingParty,
)
from services.identity.models.passkeys import Passkey
from shared.contracts import identity
from shared.errors import InvalidInput


def passkeys_of(db: Session, user_id: UUID) -> Sequence[Passkey]:
    """Return a user's passkeys, the oldest first."""
    mine = select(Passkey).where(Passkey.user_id == user_id)
    return db.scalars(mine.order_by(Passkey.created_at, Passkey.id)).all()


def forget_all(db: Session, user_id: UUID) -> None:
    """Remove all passkeys of a user who has lost them."""
    db.execute(delete(Passkey).where(Passkey.user_id == user_id))


def forget_since(db: Session, user_id: UUID, since: datetime) -> None:
    """Remove the passkeys that were added at that time or later."""
    added_since = Passkey.created_at >= since
    db.execute(delete(Passkey).where(Passkey.user_id == user_id, added_since))


def use_up_challenge(
    db: Session, holder: Holder, answer: Registration | Assertion, now: datetime
) -> None:
    """Raise `InvalidInput` (``passkey_challenge_ended``) unless it was still good."""
    if not use_challenge(db, holder, answer.challenge, now):
        raise InvalidInput("passkey_challenge_ended")


def find_owner(db: Session, answer: Assertion) -> UUID:
    """Return whose passkey it is; raise `InvalidInput` (``passkey_unknown``) if none's.

    Who uses it locks them first, as all do who change or end what is theirs.
    """
    whose = select(Passkey.user_id)
    owner = db.scalar(whose.where(Passkey.credential_id == answer.credential_id))
    if owner is None:
        raise InvalidInput("passkey_unknown")
    return owner


def use_passkey(
    db: Session,
    party: RelyingParty,
    answer: Assertion,
    now: datetime,
    *,
    user_id: UUID | None = None,
) -> Passkey:
    """Check the use of a passkey, whose challenge has been used up, and count it.

    ``user_id`` is who must be its owner. Without one the authenticator has to say who
    that is, as it does for a log-in without a name.

    Raises:
        InvalidInput: ``passkey_unknown``, ``passkey_refused``.
    """
    wanted = select(Passkey).where(Passkey.credential_id == answer.credential_id)
    passkey = db.scalar(wanted.with_for_update())
    if passkey is None:
        raise InvalidInput("passkey_unknown")
    if user_id not in {None, passkey.user_id}:
        raise InvalidInput("passkey_refused", "another user's")
    may_be_silent = user_id is not None
    if answer.user_handle != passkey.user_id.bytes and not (
        may_be_silent and answer.user_handle is None
    ):
        raise InvalidInput("passkey_refused", "another user handle")
    used = party.check_assertion(answer, passkey)
    passkey.sign_count = used.new_sign_count
    passkey.is_synced = is_synced(used.credential_device_type)
    passkey.last_used_at = now
    return passkey


def view(passkey: Passkey) -> identity.passkeys.Passkey:
    return identity.passkeys.Passkey(
        id=passkey.id,
        name=passkey.name,
        credential_id=bytes_to_base64url(passkey.credential_id),
        is_synced=passkey.is_synced,
        created_at=passkey.created_at,
        last_used_at=passkey.last_used_at,
    )


def view_all(
    db: Session, user_id: UUID, party: RelyingParty
) -> identity.passkeys.Passkeys:
    return identity.passkeys.Passkeys(
        relying_party=party.domain,
        user_handle=bytes_to_base64url(user_id.bytes),
        passkeys=[view(each) for each in passkeys_of(db, user_id)],
    )


def is_synced(device_type: CredentialDeviceType) -> bool:
    return device_type is CredentialDeviceType.MULTI_DEVICE
