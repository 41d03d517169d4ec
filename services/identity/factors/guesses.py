"""Limit the number of wrong codes.

Two of a million codes of an app are right at a time: with 50 wrong ones a day, somebody
who knows a password guesses one within a year with a chance of one in 27. A right code
sets the count back.

Each factor has a count of its own: who guesses at an app's codes can keep its owner
from using the app for a day, but not from using a recovery code.
"""

import math
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services.identity.models.factors import FactorFailure
from shared.contracts.identity.factors import Factor
from shared.errors import Throttled

LIMITS = ((10, timedelta(minutes=15)), (50, timedelta(days=1)))
"""How many wrong codes of one factor a person may have within which time."""
_LONGEST = max(window for _, window in LIMITS)


def refuse_when_throttled(
    db: Session, user_id: UUID, factor: Factor, now: datetime
) -> None:
    """Stop a guess after too many wrong ones.

    Raises:
        Throttled: ``too_many_codes`` with ``retry_after_s``.
    """
    waits = [
        moment + window - now
        for most, window in LIMITS
        if (moment := _moment_of_nth(db, user_id, factor, most, now - window))
    ]
    if waits:
        retry_after_s = math.ceil(max(waits).total_seconds())
        raise Throttled("too_many_codes", "", {"retry_after_s": retry_after_s})


def count_failure(db: Session, user_id: UUID, factor: Factor, now: datetime) -> None:
    db.add(FactorFailure(user_id=user_id, factor=factor, failed_at=now))


def clear_failures(db: Session, user_id: UUID, factor: Factor) -> None:
    db.execute(
        delete(FactorFailure).where(
            FactorFailure.user_id == user_id, FactorFailure.factor == factor
        )
    )


def forget_old_failures(db: Session, now: datetime) -> None:
    """Delete what no window reaches any more."""
    db.execute(delete(FactorFailure).where(FactorFailure.failed_at <= now - _LONGEST))


def _moment_of_nth(
    db: Session, user_id: UUID, factor: Factor, n: int, since: datetime
) -> datetime | None:
    """When the ``n``-th failure, counted back from the newest, happened, if it did."""
    return db.scalar(
        select(FactorFailure.failed_at)
        .where(
            FactorFailure.user_id == user_id,
            FactorFailure.factor == factor,
            FactorFailure.failed_at > since,
        )
        .order_by(FactorFailure.failed_at.desc())
        .offset(n - 1)
        .limit(1)
    )
