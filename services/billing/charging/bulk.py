"""Charging in sets: what is due, written and moved on by one statement.

SQL as text, for sessions of the system only.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import not_, text
from sqlalchemy.orm import Session

from services.billing.charging.standing import (
    IS_BEHIND,
    IS_ONGOING,
    IS_PAID,
    IS_PLACED,
    WAITS_FOR_MONEY,
    as_text,
)

BATCH = 5_000
"""Services in one statement; the memory that it needs does not grow with more."""

MOST_PERIODS = 24
"""Of one service in one statement: after a long outage it takes several."""


class Sums(NamedTuple):
    services: int
    periods: int
    amount: Decimal


NOTHING = Sums(0, 0, Decimal(0))

_IS_FRESH = as_text(IS_ONGOING & not_(IS_BEHIND))
_IS_BEHIND = as_text(IS_ONGOING & IS_BEHIND)
_IS_UNPAID = as_text(WAITS_FOR_MONEY & IS_PLACED & not_(IS_PAID))

# No period is shorter than this, whatever clocks do; too many are filtered out.
_DUE = f"""
batch AS MATERIALIZED (
    SELECT service_id, company_id, currency, anchor, period, paid_periods,
        paid_through, round(price, 6) AS charge
    FROM subscriptions
    WHERE company_id = :company_id AND currency = :currency
        AND paid_through <= :now AND {_IS_FRESH}
    ORDER BY paid_through, service_id
    LIMIT :batch
), due AS MATERIALIZED (
    SELECT service_id, number, charge, starts_at, CASE period
        WHEN 'once' THEN starts_at
        WHEN 'hour' THEN anchor + (number + 1) * interval '1 hour'
        ELSE period_edge(anchor, period, number + 1, :zone)
    END AS ends_at, period = 'once' AS is_once
    FROM batch, generate_series(paid_periods, paid_periods + least(
        :most_periods - 1,
        floor(extract(epoch FROM :now - paid_through) / CASE period
            WHEN 'hour' THEN 3600
            WHEN 'day' THEN 20 * 3600
            WHEN 'week' THEN 6 * 86400
            WHEN 'month' THEN 27 * 86400
            WHEN 'year' THEN 364 * 86400
            ELSE 1e15
        END)::bigint
    )) AS number, LATERAL (
        SELECT CASE
            WHEN number = paid_periods THEN paid_through
            WHEN period = 'hour' THEN anchor + number * interval '1 hour'
            ELSE period_edge(anchor, period, number, :zone)
        END AS starts_at
    ) AS edges
    WHERE starts_at <= :now
)
"""  # noqa: S608  made of our own text

# The array has the subscriptions found by their key. PostgreSQL thinks of millions of
# periods, and would read the whole table for a batch of any size.
_CHARGE = text(f"""
WITH {_DUE}, last AS MATERIALIZED (
    SELECT service_id, max(number) + 1 AS paid_periods, max(starts_at) AS paid_from,
        CASE WHEN bool_or(is_once) THEN NULL ELSE max(ends_at) END AS paid_through
    FROM due GROUP BY service_id
), moved AS (
    UPDATE subscriptions SET paid_periods = last.paid_periods,
        paid_from = last.paid_from, paid_through = last.paid_through, is_charged = true
    FROM last WHERE subscriptions.service_id = last.service_id
        AND subscriptions.service_id = ANY (ARRAY(SELECT service_id FROM batch))
    RETURNING subscriptions.service_id
), written AS (
    INSERT INTO charges (service_id, starts_at, kind, ends_at, company_id, currency,
        amount, periods, entry_id, charged_at)
    SELECT service_id, starts_at, 'charge', ends_at, :company_id, :currency, charge, 1,
        :entry_id, :now
    FROM due WHERE charge > 0
    RETURNING amount
)
SELECT (SELECT count(*) FROM moved) AS services, (SELECT count(*) FROM due) AS periods,
    (SELECT coalesce(sum(amount), 0) FROM written) AS amount
""")  # noqa: S608  made of our own text

_LOOK = text(f"""
WITH {_DUE}
SELECT count(DISTINCT service_id) AS services, count(*) AS periods,
    coalesce(sum(charge), 0) AS amount FROM due
""")  # noqa: S608  made of our own text


def charge(session: Session, now: datetime, **values: Any) -> Sums:
    """Charge the next services that are due, whether or not there is money."""
    return _run(session, _CHARGE, now, **values)


def look(session: Session, now: datetime, **values: Any) -> Sums:
    """What `charge` would do; of no more than 1000 periods of a service."""
    everything = {"batch": 10_000_000, "most_periods": 1_000}
    return _run(session, _LOOK, now, **(values | everything))


def _run(session: Session, statement: Any, now: datetime, **values: Any) -> Sums:
    limits = {"batch": BATCH, "most_periods": MOST_PERIODS}
    row = session.execute(statement, {"now": now, **limits, **values}).one()
    return Sums(row.services, row.periods, row.amount)


WALLETS_TO_CHARGE = text(f"""
SELECT id, company_id, currency FROM wallets AS w
WHERE (CAST(:after AS uuid) IS NULL OR id > :after) AND (EXISTS (
    SELECT FROM subscriptions
    WHERE company_id = w.company_id AND currency = w.currency
        AND paid_through <= :now AND {_IS_FRESH}
) OR (
    (short_version IS NULL OR short_version <> version OR short_at <= :look_again)
    AND (EXISTS (
        SELECT FROM subscriptions
        WHERE company_id = w.company_id AND currency = w.currency AND {_IS_BEHIND}
    ) OR EXISTS (
        SELECT FROM subscriptions
        WHERE company_id = w.company_id AND currency = w.currency AND {_IS_UNPAID}
    ))
))
ORDER BY id
LIMIT :limit
""")  # noqa: S608  made of our own text
"""Wallets with something to charge; one found short is looked at when it changed."""
