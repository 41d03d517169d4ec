"""Verify a person's mobile number by a code that is sent to it.

Messages cost money, and some numbers pay those who have them called: so messages are
limited by person, company, address, number, block of numbers, and altogether.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from services.identity.hashes import derive_key, keyed_hash
from services.identity.limits import Limit, Limits
from services.identity.models.companies import Company
from services.identity.models.people import User
from services.identity.models.phones import PhoneCode
from services.identity.models.verification import Verification
from services.identity.notices.notify import Subject, notify
from services.identity.people import users, verification
from services.identity.sessions.addresses import normalise_address, site_of
from services.identity.verification.phone_numbers import (
    DEFAULT_COUNTRIES,
    MobileNumber,
    read_mobile_number,
)
from shared.contracts.identity.notices import NoticeKind
from shared.contracts.identity.people import VerificationStep
from shared.contracts.identity.verification.phones import (
    CODE_DIGITS,
    AskForPhoneCode,
    AwaitedPhone,
    Phone,
)
from shared.errors import Conflict, InvalidInput, NotFound
from shared.rpc.change import Change

LIFETIME = timedelta(minutes=10)
MOST_TRIES = 5
AGAIN_AFTER = timedelta(minutes=1)
PER_DAY = 500
"""Messages to all customers together, unless ``SMS_PER_DAY`` says otherwise."""
MOST_ACCOUNTS = 3
"""How many people one number verifies."""
KEPT_AFTER_END = timedelta(days=1)
SHOWN_DIGITS = 3
"""Of a number in a notice: enough to know which one it is."""

_A_DAY = timedelta(days=1)


def _limit(name: str, most: int, window: timedelta = _A_DAY) -> Limit:
    return Limit(f"text message {name}", "too_many_phone_codes", most, window)


PER_USER = _limit("of user", 5)
PER_COMPANY = _limit("of company", 10)
PER_ADDRESS = _limit("of address", 10)
PER_NUMBER = _limit("to number", 5)
PER_BLOCK = _limit("to block", 10)
AGAIN = _limit("again", 1, AGAIN_AFTER)


@dataclass(frozen=True)
class PhoneSettings:
    """``per_day`` is how many messages are sent to all together.

    ``is_offered``: there is a gateway to send them.
    """

    countries: tuple[str, ...] = DEFAULT_COUNTRIES
    per_day: int = PER_DAY
    is_offered: bool = True


class PhoneCodes:
    def __init__(
        self, signing_key: Ed25519PrivateKey, limits: Limits, settings: PhoneSettings
    ) -> None:
        self._key = derive_key(signing_key, b"client-area phone codes")
        self._limits = limits
        self._settings = settings

    def code_of(self, code_id: UUID) -> str:
        """Return the code: a keyed hash of its id, so the database doesn't show it.

        It is the same each time that its message is written.
        """
        number = int.from_bytes(keyed_hash(self._key, "phone code", code_id.hex))
        return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}}"

    def view(self, db: Session, user_id: UUID, now: datetime) -> Phone:
        """Return what the Verification Center shows of a person's number.

        Raises:
            NotFound: ``no_such_user``.
        """
        user, code = users.get_user(db, user_id), _find_code(db, user_id, now)
        return Phone(
            number=user.phone,
            countries=list(self._settings.countries),
            is_offered=self._settings.is_offered,
            awaited=_awaited(code) if code else None,
        )

    def ask(self, change: Change, request: AskForPhoneCode) -> AwaitedPhone:
        """Send a code to a number; it replaces the code that was sent before.

        Raises:
            InvalidInput: as the contract lists.
            Conflict: ``phone_not_offered``.
            Throttled: ``too_many_phone_codes`` with ``retry_after_s``.
            NotFound: ``no_such_user``.
        """
        if not self._settings.is_offered:
            raise Conflict("phone_not_offered")
        user = users.lock_user(change.db, change.call.principal.user_id)
        company_id = change.call.principal.require_company()
        home = change.db.get_one(Company, company_id).country
        number = read_mobile_number(request.number, self._settings.countries, home)
        if number.e164 == user.phone:
            raise InvalidInput("same_phone")
        self._take_turn(change, user, company_id, number, request.address)
        _end_codes(change, user.id)
        code = PhoneCode(
            id=change.runtime.new_id(),
            user_id=user.id,
            number=number.e164,
            created_at=change.call.now,
            expires_at=change.call.now + LIFETIME,
            next_attempt_at=change.call.now,
        )
        change.db.add(code)
        return _awaited(code)

    def confirm(self, change: Change, user: User, text: str) -> int | None:
        """Use a code, and the number from now on; the user must be locked.

        Return None, or how many tries are left after a wrong code: it is counted, so
        its transaction must be committed.

        Raises:
            NotFound: ``phone_code_ended``.
            Conflict: ``phone_in_use``.
        """
        now = change.call.now
        code = _find_code(change.db, user.id, now, lock=True)
        if code is None:
            raise NotFound("phone_code_ended")
        typed = "".join(text.split()).encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(typed, self.code_of(code.id).encode()):
            code.wrong_tries += 1
            left = MOST_TRIES - code.wrong_tries
            if not left:
                _end(code, now)
            return left
        _check_owners(change.db, user, code.number)
        _end(code, now)
        user.phone = code.number
        verification.mark_verified(change, user.id, VerificationStep.PHONE)
        _tell(change, user, ending=code.number[-SHOWN_DIGITS:])
        return None

    def _take_turn(
        self,
        change: Change,
        user: User,
        company_id: UUID,
        number: MobileNumber,
        address: str,
    ) -> None:
        """Count a message, the longest wait first."""
        turns = (
            (_limit("to all", self._settings.per_day), "all"),
            (PER_BLOCK, number.block),
            (PER_NUMBER, number.e164),
            (PER_ADDRESS, site_of(normalise_address(address))),
            (PER_COMPANY, str(company_id)),
            (PER_USER, str(user.id)),
            (AGAIN, str(user.id)),
        )
        for limit, subject in turns:
            self._limits.take(change.db, limit, subject, change.call.now)


def remove_phone(change: Change, user: User) -> None:
    """Forget a person's number, which is verified no more; the user must be locked.

    Raises:
        Conflict: ``no_phone``.
    """
    if not user.phone:
        raise Conflict("no_phone")
    _forget_number(change, user, "phone_removed")
    _tell(change, user)


def take_back_phone(change: Change, user: User, since: datetime) -> None:
    """Forget a number that was verified at ``since`` or later; the user must be locked.

    A code that waits to be entered ends.
    """
    _end_codes(change, user.id)
    step = change.db.get(Verification, (user.id, VerificationStep.PHONE))
    if step is not None and step.changed_at >= since:
        _forget_number(change, user, "")


def _forget_number(change: Change, user: User, reason_code: str) -> None:
    user.phone = ""
    _end_codes(change, user.id)
    verification.put_back(change, user.id, VerificationStep.PHONE, reason_code)


def _tell(change: Change, user: User, **parameters: str) -> None:
    cause = str(change.runtime.new_id())
    notify(change, user, Subject(NoticeKind.PHONE_CHANGED, cause, parameters))


def forget_old_codes(db: Session, now: datetime) -> None:
    """Delete codes a day after they expired."""
    db.execute(delete(PhoneCode).where(PhoneCode.expires_at < now - KEPT_AFTER_END))


def _find_code(
    db: Session, user_id: UUID, now: datetime, *, lock: bool = False
) -> PhoneCode | None:
    """Return the code that can be entered now."""
    query = (
        select(PhoneCode)
        .where(
            PhoneCode.user_id == user_id,
            PhoneCode.ended_at.is_(None),
            PhoneCode.expires_at > now,
        )
        .order_by(PhoneCode.created_at.desc())
        .limit(1)
    )
    return db.scalar(query.with_for_update() if lock else query)


def _awaited(code: PhoneCode) -> AwaitedPhone:
    return AwaitedPhone(
        number=code.number,
        until=code.expires_at,
        again_at=code.created_at + AGAIN_AFTER,
    )


def _end_codes(change: Change, user_id: UUID) -> None:
    change.db.execute(
        update(PhoneCode)
        .where(PhoneCode.user_id == user_id, PhoneCode.ended_at.is_(None))
        .values(ended_at=change.call.now, next_attempt_at=None)
    )


def _end(code: PhoneCode, now: datetime) -> None:
    code.ended_at, code.next_attempt_at = now, None


def _check_owners(db: Session, user: User, number: str) -> None:
    """Refuse a number that verifies several other people: accounts are made in bulk."""
    others = select(func.count()).where(User.phone == number, User.id != user.id)
    if (db.scalar(others) or 0) >= MOST_ACCOUNTS:
        raise Conflict("phone_in_use")
