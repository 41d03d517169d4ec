"""Limit the number of wrong passwords.

Failures are counted per account and per address, over sliding windows of minutes and of
a day. Who comes from a device where the account's owner has signed in before, with a
link that was mailed to them, or from within their session, is counted apart: an attack
on an account from elsewhere doesn't keep its owner out.

Admission looks at the count before the password is hashed, and the answer looks again,
under a lock that all answers take: of any number of guesses made at once, no more
than the limit learn whether they were right.

Unlike those of `limits`, logins that succeed are not counted against an address, from
which an office may make hundreds.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, delete, func, select, update
from sqlalchemy.orm import Session

from services.identity.hashes import keyed_hash
from services.identity.models.signing_in import LoginFailure
from shared.errors import Throttled


@dataclass(frozen=True)
class Limit:
    """At most ``failures`` within ``window``."""

    failures: int
    window: timedelta


PER_ACCOUNT = (Limit(10, timedelta(minutes=15)), Limit(50, timedelta(days=1)))
PER_ADDRESS = (Limit(50, timedelta(minutes=15)), Limit(300, timedelta(days=1)))
"""Higher, because an office shares one address."""
LONGEST_WINDOW = timedelta(days=1)

_LOCK = 0x6C6F67696E  # "login": one answer at a time


@dataclass(frozen=True)
class Attempt:
    """What an attempt counts for: keyed hashes of an account and of an address."""

    account_hash: bytes
    address_hash: bytes


class Attempts:
    """Makes attempts; ``key`` never leaves the process, so no hash can be guessed."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of_stranger(self, email: str, site: str) -> Attempt:
        """``email`` is normalised or, where it is no address, as it was typed.

        ``site`` is the network that they come from.
        """
        return Attempt(self._hash("account", email), self._hash("address", site))

    def of_device(self, device_id: UUID) -> Attempt:
        """The owner of an account, it seems, on a device that is known for it."""
        return self._of_one("device", device_id)

    def of_link(self, link_id: UUID) -> Attempt:
        """The owner of an account, who has opened a link that was mailed to them."""
        return self._of_one("link", link_id)

    def of_session(self, session_id: UUID) -> Attempt:
        """A person who is signed in and proves again who they are."""
        return self._of_one("session", session_id)

    def _of_one(self, what: str, its_id: UUID) -> Attempt:
        own = self._hash(what, its_id.hex)
        return Attempt(own, own)

    def _hash(self, what: str, text: str) -> bytes:
        return keyed_hash(self._key, what, text)


def refuse_when_throttled(db: Session, attempt: Attempt, now: datetime) -> None:
    """Stop an attempt after too many failures.

    Raises:
        Throttled: ``too_many_logins`` with ``retry_after_s``.
    """
    by_account = LoginFailure.account_hash == attempt.account_hash
    by_address = LoginFailure.address_hash == attempt.address_hash
    limits = [
        *((limit, by_account) for limit in PER_ACCOUNT),
        *((limit, by_address) for limit in PER_ADDRESS),
    ]
    full_since = db.execute(
        select(*(_moment_of_nth(limit, whose, now) for limit, whose in limits))
    ).one()
    waits = [
        moment + limit.window - now
        for moment, (limit, _) in zip(full_since, limits, strict=True)
        if moment is not None
    ]
    if waits:
        retry_after_s = math.ceil(max(waits).total_seconds())
        raise Throttled("too_many_logins", "", {"retry_after_s": retry_after_s})


def lock_answers(db: Session) -> None:
    """Let one attempt at a time, until its transaction ends, be counted and told."""
    db.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def count_failure(db: Session, attempt: Attempt, now: datetime) -> None:
    db.add(
        LoginFailure(
            account_hash=attempt.account_hash,
            address_hash=attempt.address_hash,
            failed_at=now,
        )
    )


def clear_failures(db: Session, attempt: Attempt) -> None:
    """Reset the account's count; the address keeps its own."""
    db.execute(
        update(LoginFailure)
        .where(LoginFailure.account_hash == attempt.account_hash)
        .values(account_hash=None)
    )


def forget_old_failures(db: Session, now: datetime) -> None:
    """Delete what no window reaches any more."""
    long_ago = LoginFailure.failed_at <= now - LONGEST_WINDOW
    db.execute(delete(LoginFailure).where(long_ago))


def _moment_of_nth(
    limit: Limit, whose: ColumnElement[bool], now: datetime
) -> ScalarSelect[datetime]:
    """When the failure that fills the limit, counted back from the newest, happened.

    Until this one leaves the window, as many as the limit allows are in it.
    """
    return (
        select(LoginFailure.failed_at)
        .where(whose, LoginFailure.failed_at > now - limit.window)
        .order_by(LoginFailure.failed_at.desc())
        .offset(limit.failures - 1)
        .limit(1)
        .scalar_subquery()
    )
