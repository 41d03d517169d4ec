"""Checks of each service: what it was charged, given back, owes and used."""

from collections.abc import Iterator

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from services.billing.models.charging import Charge

_UNIT = "0.000001"
"""What rounding may make of a charge."""


def credits_beyond_charges(session: Session, most: int) -> Iterator[str]:
    """Services that were given back more than they were charged."""
    net = func.sum(Charge.amount)
    wanted = (
        select(Charge.service_id, Charge.currency, net.label("net"))
        .group_by(Charge.service_id, Charge.currency)
        .having(net < -func.count() * text(_UNIT))
        .limit(most)
    )
    for row in session.execute(wanted):
        yield (
            f"service {row.service_id}: was given back {-row.net:f} {row.currency} "
            "more than it was charged"
        )


# A price counts from the one before it, or the first charge, without the time in which
# the service was suspended; the present one up to where the service is paid. Where the
# price changed beyond that, ``owed`` has what it makes of charges to come, and the last
# span is negative. Periods differ in length by months, leap years and clocks: so this
# is what was used at least.
_USED_BEYOND_CHARGES = text(f"""
WITH charged AS (
    SELECT service_id, currency, sum(amount) AS net, sum(periods) AS periods,
        min(starts_at) FILTER (WHERE kind IN ('charge', 'grace')) AS began
    FROM charges GROUP BY service_id, currency
), written_off AS (
    SELECT service_id, sum(amount) AS amount FROM write_offs GROUP BY service_id
), prices AS (
    SELECT service_id, until, price, suspended_us, false AS is_present
    FROM past_prices
    UNION ALL
    SELECT service_id, paid_through, price, suspended_us, true FROM subscriptions
    WHERE state <> 'terminated'
), spans AS (
    SELECT service_id, is_present, round(price, 6) AS charge, extract(
        epoch FROM until - greatest(began, lag(until) OVER past)
    ) - (suspended_us - coalesce(lag(suspended_us) OVER past, 0)) / 1e6 AS seconds
    FROM prices JOIN charged USING (service_id)
    WINDOW past AS (PARTITION BY service_id ORDER BY is_present, until)
), lengths (period, shortest, longest) AS (VALUES
    ('hour', 3600, 3600), ('day', 82800, 90000), ('week', 601200, 608400),
    ('month', 2415600, 2682000), ('year', 31532400, 31626000)
), used AS (
    SELECT service_id, count(*) AS prices, sum(charge * CASE
        WHEN seconds > 0 THEN seconds / longest
        WHEN is_present THEN seconds / shortest
        ELSE 0
    END) AS amount
    FROM spans JOIN subscriptions USING (service_id) JOIN lengths USING (period)
    GROUP BY service_id
)
SELECT service_id, charged.currency, net, owed,
    coalesce(written_off.amount, 0) AS written_off, round(used.amount, 6) AS used
FROM charged JOIN used USING (service_id) JOIN subscriptions USING (service_id)
LEFT JOIN written_off USING (service_id)
WHERE net + owed + coalesce(written_off.amount, 0)
    < used.amount - (charged.periods + used.prices) * {_UNIT}
LIMIT :most
""")  # noqa: S608  made of our own text


def used_beyond_charges(session: Session, most: int) -> Iterator[str]:
    """Services that used more than they were charged, owe, and is written off."""
    for row in session.execute(_USED_BEYOND_CHARGES, {"most": most}):
        yield (
            f"service {row.service_id}: used at least {row.used:f} {row.currency}, "
            f"was charged {row.net:f}, owes {row.owed:f}, "
            f"and {row.written_off:f} is written off"
        )
