"""How a person adds, names and removes their passkeys."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from webauthn.registration.verify_registration_response import VerifiedRegistration

from services.identity.factors import recovery_codes, two_factor
from services.identity.factors.authenticator_names import AUTHENTICATOR_NAMES
from services.identity.factors.codes import FactorSecrets
from services.identity.factors.passkeys import is_synced, passkeys_of
from services.identity.factors.relying_party import Registration, RelyingParty
from services.identity.models.passkeys import Passkey
from services.identity.models.people import User
from services.identity.notices.notify import Subject, notify
from shared.contracts.identity.factors import Factor
from shared.contracts.identity.notices import NoticeKind
from shared.contracts.identity.passkeys import MAX_NAME_LENGTH
from shared.errors import Conflict, NotFound
from shared.rpc.change import Change
from shared.text import clean_line

MAX_PER_USER = 20


def check_room(known: Sequence[Passkey]) -> None:
    """Raise `Conflict` (``too_many_passkeys``) for who has as many as one may."""
    if len(known) >= MAX_PER_USER:
        raise Conflict("too_many_passkeys", "", {"maximum": MAX_PER_USER})


def add_passkey(
    change: Change,
    secrets: FactorSecrets,
    user: User,
    party: RelyingParty,
    answer: Registration,
) -> tuple[Passkey, list[str]]:
    """Keep a new passkey, whose challenge has been used up, and tell its owner.

    Two-factor authentication is on then. Returns it with new recovery codes, if there
    were none.

    Raises:
        InvalidInput: ``passkey_refused``.
        Conflict: ``passkey_exists``, with whomever; ``too_many_passkeys``.
    """
    passkey = _keep(change, user, party.check_registration(answer))
    _tell(change, user, NoticeKind.PASSKEY_ADDED, passkey)
    two_factor.settle(change, user, factor=Factor.PASSKEY.value)
    if recovery_codes.count_left(change.db, user.id):
        return passkey, []
    return passkey, two_factor.make_recovery_codes(change, secrets, user)


def _keep(change: Change, user: User, made: VerifiedRegistration) -> Passkey:
    known = passkeys_of(change.db, user.id)
    check_room(known)
    aaguid = UUID(made.aaguid)
    values = {
        "id": change.runtime.new_id(),
        "user_id": user.id,
        "credential_id": made.credential_id,
        "public_key": made.credential_public_key,
        "sign_count": made.sign_count,
        "aaguid": aaguid,
        "name": _free_name(AUTHENTICATOR_NAMES.get(aaguid, ""), known),
        "is_synced": is_synced(made.credential_device_type),
        "created_at": change.call.now,
    }
    # ON CONFLICT rather than a look first: two tabs at once end here.
    added = insert(Passkey).values(values).on_conflict_do_nothing()
    passkey: Passkey | None = change.db.scalar(added.returning(Passkey))
    if passkey is None:
        raise Conflict("passkey_exists")
    return passkey


def rename_passkey(db: Session, user_id: UUID, passkey_id: UUID, name: str) -> Passkey:
    """Call a passkey something else.

    Raises:
        NotFound: ``no_such_passkey``, also of other people's.
        InvalidInput: ``bad_passkey_name``.
    """
    passkey = _get(db, user_id, passkey_id)
    code = "bad_passkey_name"
    passkey.name = clean_line(name, MAX_NAME_LENGTH, code=code, required=True)
    return passkey


def remove_passkey(
    change: Change, user: User, passkey_id: UUID, *, is_required: bool
) -> None:
    """Forget a passkey, which opens nothing from here on, and tell its owner.

    Raises:
        NotFound: ``no_such_passkey``, also of other people's.
        Conflict: ``second_factor_required``, where the provider asks for a factor and
            this is the last one.
    """
    passkey = _get(change.db, user.id, passkey_id)
    change.db.delete(passkey)
    if is_required and not two_factor.factors_of(change.db, user.id):
        raise Conflict("second_factor_required")
    _tell(change, user, NoticeKind.PASSKEY_REMOVED, passkey)
    two_factor.settle(change, user, factor=Factor.PASSKEY.value)


def _get(db: Session, user_id: UUID, passkey_id: UUID) -> Passkey:
    passkey = db.get(Passkey, passkey_id, with_for_update=True)
    if passkey is None or passkey.user_id != user_id:
        raise NotFound("no_such_passkey")
    return passkey


def _free_name(name: str, known: Sequence[Passkey]) -> str:
    """Number the name if another passkey of the user has it: "Windows Hello 2"."""
    taken = {each.name for each in known}
    names = (name, *(f"{name} {number}" for number in range(2, MAX_PER_USER + 1)))
    return next(each for each in names if not name or each not in taken)


def _tell(change: Change, user: User, kind: NoticeKind, passkey: Passkey) -> None:
    subject = Subject(kind, str(passkey.id), {"passkey": passkey.name})
    notify(change, user, subject)
