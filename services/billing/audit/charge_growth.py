"""Keeps the charges' table bounded: a partition per month, one row for a past day.

See docs/decisions/charging.md for the numbers.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from services.billing.models.ledger import Wallet
from shared.db.company_walk import companies_after, walk_companies
from shared.db.database import Database

MONTHS_AHEAD = 3
KEEPS_HOURS_FOR = timedelta(days=3)
LOOKS_BACK = timedelta(days=35)

_LOCK = 0x63686172676573  # "charges": one maker of partitions at a time
_COMPANIES = 500

# The hours of one day that follow each other; after a gap another row begins.
_MERGE = text("""
WITH gone AS (
    DELETE FROM charges
    WHERE company_id = :company_id AND kind = 'charge' AND periods = 1
        AND starts_at >= :begins AND starts_at < :ends
        AND ends_at - starts_at = interval '1 hour'
    RETURNING *
), placed AS (
    SELECT *, date_trunc('day', starts_at, 'UTC') AS day,
        starts_at - row_number() OVER (
            PARTITION BY service_id, date_trunc('day', starts_at, 'UTC')
            ORDER BY starts_at
        ) * interval '1 hour' AS run
    FROM gone
)
INSERT INTO charges (service_id, starts_at, kind, ends_at, company_id, currency, amount,
    periods, entry_id, charged_at)
SELECT service_id, min(starts_at), 'charge', max(ends_at), company_id, currency,
    sum(amount), count(*), CASE count(*) WHEN 1 THEN (array_agg(entry_id))[1] END,
    max(charged_at)
FROM placed
GROUP BY service_id, company_id, currency, day, run
""")


def look_after(database: Database, now: datetime) -> None:
    """Make the months to come, and merge the hours of days that are past."""
    make_months(database, now)
    merge_hours(database, now)


def make_months(database: Database, now: datetime) -> None:
    """Make this month's partition and those of the next; those that are, stay."""
    first = now.astimezone(UTC).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    with database.system() as session:
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        for _ in range(MONTHS_AHEAD + 1):
            session.execute(select(func.make_month_of_charges(first)))
            first = (first + timedelta(days=32)).replace(day=1)


def merge_hours(database: Database, now: datetime) -> None:
    """Make the hours of each service one row per day, for days that are past."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    ends = today - KEEPS_HOURS_FOR
    for company_id in walk_companies(database, _with_wallets):
        _merge(database, company_id, ends - LOOKS_BACK, ends)


def _merge(
    database: Database, company_id: UUID, begins: datetime, ends: datetime
) -> None:
    day = begins
    while day < ends:
        with database.system() as session:
            session.execute(
                _MERGE,
                {
                    "company_id": company_id,
                    "begins": day,
                    "ends": day + timedelta(days=1),
                },
            )
        day += timedelta(days=1)


def _with_wallets(session: Session, after: UUID | None) -> list[UUID]:
    return companies_after(session, [Wallet], after, _COMPANIES)
