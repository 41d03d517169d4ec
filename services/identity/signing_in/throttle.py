"""Limit the number of wrong passwords.

Failures are counted per account, per address and altogether, over sliding windows.
The count altogether concerns nobody where they have signed in lately: a few thousand
failures from all over the world shall not keep a single customer out of their office.
Admission looks at the count before the password is hashed, and the answer looks again,
under a lock that all answers take: of any number of guesses made at once, no more
than the limit learn whether they were right. Sign-ins that succeed are never counted.
"""

import hmac
import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    cast,
    delete,
    exists,
    false,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import Session

from services.identity.models.people import User
from services.identity.models.signing_in import LoginFailure, LoginSession
from shared.errors import Throttled

WINDOW = timedelta(minutes=15)
MAX_PER_ACCOUNT = 10
MAX_PER_ADDRESS = 50
"""Higher, because an office shares one address."""
MAX_ALTOGETHER = 2_000
"""A bound for an attack spread over many accounts and addresses."""

KNOWN_FOR = timedelta(days=30)
"""How long an address at which somebody signed in is theirs; as long as ended sessions
are kept."""

_LOCK = 0x6C6F67696E  # "login": one answer at a time
_IPV6_SITE_BITS = 64


@dataclass(frozen=True)
class Attempt:
    """Who tries to sign in and from where; what is kept of it are keyed hashes.

    ``email`` and ``site`` are normalised, and empty when there is none.
    """

    email: str
    site: str
    account_hash: bytes
    address_hash: bytes

    @classmethod
    def of(cls, key: bytes, email: str, text: str, site: str) -> "Attempt":
        """``text`` was given as the email; one that is none counts the same."""
        return cls(
            email=email,
            site=site,
            account_hash=_hash(key, "account", email or text),
            address_hash=_hash(key, "address", site),
        )


def normalise_address(text: str) -> str:
    """Normalise an IP address; return an empty text if it is not valid."""
    without_interface = text.strip().partition("%")[0]
    try:
        address = ipaddress.ip_address(without_interface)
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def site_of(address: str) -> str:
    """Return the network that an address counts for: IPv6 customers have a /64."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network((address, _IPV6_SITE_BITS), strict=False))


def refuse_when_throttled(db: Session, attempt: Attempt, now: datetime) -> None:
    """Stop an attempt after too many failures.

    Raises:
        Throttled: ``too_many_logins`` with ``retry_after_s``.
    """
    since = now - WINDOW
    by_account = LoginFailure.account_hash == attempt.account_hash
    by_address = LoginFailure.address_hash == attempt.address_hash
    moments = db.execute(
        select(
            _moment_of_nth(MAX_PER_ACCOUNT, by_account, since),
            _moment_of_nth(MAX_PER_ADDRESS, by_address, since),
            _moment_of_nth(MAX_ALTOGETHER, ~_is_known(attempt, now), since),
        )
    ).one()
    waits = [moment - since for moment in moments if moment is not None]
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
    db.execute(delete(LoginFailure).where(LoginFailure.failed_at <= now - WINDOW))


def _is_known(attempt: Attempt, now: datetime) -> ColumnElement[bool]:
    """Return whether the account had a login from there within `KNOWN_FOR`."""
    if not (attempt.email and attempt.site):
        return false()
    address = cast(func.nullif(LoginSession.address, ""), INET)
    return exists(
        select(LoginSession.id)
        .join(User, User.id == LoginSession.user_id)
        .where(
            User.email == attempt.email,
            LoginSession.created_at > now - KNOWN_FOR,
            address.bool_op("<<=")(cast(attempt.site, INET)),
        )
    )


def _moment_of_nth(
    n: int, condition: ColumnElement[bool], since: datetime
) -> ScalarSelect[datetime]:
    """When the ``n``-th failure, counted back from the newest, happened, if it did.

    Until this one leaves the window, ``n`` are in it.
    """
    return (
        select(LoginFailure.failed_at)
        .where(condition, LoginFailure.failed_at > since)
        .order_by(LoginFailure.failed_at.desc())
        .offset(n - 1)
        .limit(1)
        .scalar_subquery()
    )


def _hash(key: bytes, what: str, text: str) -> bytes:
    message = f"{what}:{text}".encode("utf-8", "surrogatepass")
    return hmac.digest(key, message, "sha256")
