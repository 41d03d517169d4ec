"""Whether a person has a second factor, and what follows when that changes."""

from uuid import UUID

from sqlalchemy.orm import Session

from services.identity import memberships
from services.identity.factors import passkeys, recovery_codes, totp
from services.identity.factors.codes import FactorSecrets, try_code
from services.identity.models.people import User
from services.identity.notices.notify import Subject, notify
from shared.contracts.identity.factors import (
    TWO_FACTOR_CHANGED,
    Factor,
    TwoFactorState,
)
from shared.contracts.identity.notices import NoticeKind
from shared.errors import Conflict, InvalidInput
from shared.rpc.change import Change


def factors_of(db: Session, user_id: UUID) -> list[Factor]:
    """Return what a person can give as their second factor."""
    factors = []
    if totp.find_app(db, user_id):
        factors.append(Factor.TOTP)
    if passkeys.passkeys_of(db, user_id):
        factors.append(Factor.PASSKEY)
    if factors and recovery_codes.count_left(db, user_id):
        factors.append(Factor.RECOVERY_CODE)
    return factors


def settle(change: Change, user: User, **parameters: str) -> bool:
    """Note whether the user has a factor now; return whether that has changed.

    The members of their companies see it, and the user has a notice of it, with these
    ``parameters``. Recovery codes don't outlive the factor that they stand in for.
    """
    is_on = bool(factors_of(change.db, user.id))
    if is_on == user.two_factor_enabled:
        return False
    user.two_factor_enabled = is_on
    user.factors_version += 1
    if not is_on:
        recovery_codes.forget(change.db, user.id)
    tell_companies(change, user)
    kind = NoticeKind.TWO_FACTOR_ON if is_on else NoticeKind.TWO_FACTOR_OFF
    notify(change, user, Subject(kind, _cause(change), parameters))
    return True


def tell_companies(change: Change, user: User) -> None:
    state = TwoFactorState(user_id=user.id, is_on=user.two_factor_enabled)
    for company in memberships.of_user(change.db, user.id):
        change.emit(
            TWO_FACTOR_CHANGED,
            state,
            company_id=company.company_id,
            version=user.factors_version,
        )


def turn_on_app(
    change: Change, secrets: FactorSecrets, user: User, proposal: str, code: str
) -> list[str]:
    """Keep the app that shows this code; return new recovery codes, if there were none.

    Raises:
        InvalidInput: ``proposal_expired``, ``wrong_code``.
    """
    now = change.call.now
    secret = totp.open_proposal(secrets.keys, proposal, user.id, now)
    step = totp.find_step(secret, "".join(code.split()), now)
    if step is None:
        raise InvalidInput("wrong_code", "", {"field": "code"})
    totp.keep_app(change, secrets.keys, user.id, secret, step)
    if not settle(change, user, factor=Factor.TOTP.value):
        _tell_of_change(change, user)
    if recovery_codes.count_left(change.db, user.id):
        return []
    return make_recovery_codes(change, secrets, user)


def make_recovery_codes(
    change: Change, secrets: FactorSecrets, user: User
) -> list[str]:
    return recovery_codes.make(
        change.db,
        secrets.recovery_key,
        user.id,
        change.runtime.random,
        change.call.now,
    )


def renew_recovery_codes(
    change: Change, secrets: FactorSecrets, user: User
) -> list[str]:
    """Make new recovery codes; those before count no more.

    Raises:
        Conflict: ``two_factor_is_off``.
    """
    if not user.two_factor_enabled:
        raise Conflict("two_factor_is_off")
    notify(change, user, Subject(NoticeKind.RECOVERY_CODES_RENEWED, _cause(change)))
    return make_recovery_codes(change, secrets, user)


def remove_app(
    change: Change, secrets: FactorSecrets, user: User, code: str, *, is_required: bool
) -> bool:
    """Remove the app, given a code; return whether the code was right.

    Raises:
        Conflict: ``two_factor_is_off``; ``second_factor_required``, where the provider
            asks for a factor and this is the last one.
        Throttled: ``too_many_codes``.
    """
    if totp.find_app(change.db, user.id) is None:
        raise Conflict("two_factor_is_off")
    others = set(factors_of(change.db, user.id)) - {Factor.TOTP, Factor.RECOVERY_CODE}
    if is_required and not others:
        raise Conflict("second_factor_required")
    if try_code(change, secrets, user, code) is None:
        return False
    totp.forget_app(change.db, user.id)
    if not settle(change, user, factor=Factor.TOTP.value):
        _tell_of_change(change, user)
    return True


def import_app(change: Change, secrets: FactorSecrets, user: User, text: str) -> None:
    """Take over an app's secret from elsewhere. Nothing changes for the user.

    Raises:
        InvalidInput: ``bad_totp_secret``.
    """
    totp.keep_app(change, secrets.keys, user.id, totp.check_secret(text), 0)
    if not user.two_factor_enabled:
        user.two_factor_enabled = True
        user.factors_version += 1
        tell_companies(change, user)


def remove_all(change: Change, user: User, **parameters: str) -> None:
    """Remove every factor of a user who has lost them; see `settle`."""
    totp.forget_app(change.db, user.id)
    passkeys.forget_all(change.db, user.id)
    settle(change, user, **parameters)


def _tell_of_change(change: Change, user: User) -> None:
    """Another app, or none beside a passkey: two-factor authentication stays on."""
    notify(change, user, Subject(NoticeKind.AUTHENTICATOR_CHANGED, _cause(change)))


def _cause(change: Change) -> str:
    return str(change.runtime.new_id())
