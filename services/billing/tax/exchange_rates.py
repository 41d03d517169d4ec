"""Exchange rates through the euro: recorded once, never changed, read by day.

What was issued stays explained by them, and a credit note takes its invoice's rate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.billing.models.tax import ExchangeRate
from shared.contracts import billing
from shared.db.paging import check_day
from shared.errors import InvalidInput
from shared.money import currency_of
from shared.rpc.change import Change
from shared.text import clean_line

EURO = "EUR"
OLDEST = timedelta(days=10)
"""No bank holidays last longer: an older rate is none."""

_MAX_SOURCE_LENGTH = 40
_LEAST_EXPONENT = -8
_BOUND = Decimal(10) ** 10


@dataclass(frozen=True)
class Rate:
    """How much of one currency a unit of another is worth: exact."""

    value: Fraction
    day: date
    source: str


def record(
    change: Change, request: billing.exchange_rates.ImportExchangeRates
) -> billing.exchange_rates.ImportedRates:
    """Keep rates that are new; see the contract for the refusals."""
    if len(request.rates) > billing.exchange_rates.MAX_RATES:
        raise InvalidInput(
            "too_many_rows", parameters={"max_rows": billing.exchange_rates.MAX_RATES}
        )
    source = clean_line(
        request.source, _MAX_SOURCE_LENGTH, code="bad_source", required=True
    )
    for rate in request.rates:
        _check(rate)
    if not request.rates:
        return billing.exchange_rates.ImportedRates(added=0, known=0, refused=[])
    added = _insert(change, request.rates, source)
    refused = _contradictions(change.db, request.rates)
    known = len(request.rates) - added - len(refused)
    return billing.exchange_rates.ImportedRates(
        added=added, known=known, refused=refused
    )


def latest_rate(session: Session, currency: str, of: str, day: date) -> Rate | None:
    """How much ``currency`` one unit ``of`` another was worth on the day, or last.

    By a day that has both of their rates, where neither is the euro; None if there is
    none within `OLDEST`.
    """
    foreign = {currency, of} - {EURO}
    days = (
        select(ExchangeRate.day)
        .where(
            ExchangeRate.currency.in_(foreign),
            ExchangeRate.day.between(day - OLDEST, day),
        )
        .group_by(ExchangeRate.day)
        .having(func.count() == len(foreign))
        .order_by(ExchangeRate.day.desc())
        .limit(1)
    )
    query = select(ExchangeRate).where(
        ExchangeRate.currency.in_(foreign), ExchangeRate.day == days.scalar_subquery()
    )
    rows = session.scalars(query).all()
    if not rows:
        return None
    per_euro = {row.currency: Fraction(row.rate) for row in rows} | {EURO: Fraction(1)}
    return Rate(per_euro[currency] / per_euro[of], rows[0].day, rows[0].source)


def _check(rate: billing.exchange_rates.ExchangeRate) -> None:
    check_day(rate.day)
    try:
        currency_of(rate.currency)
    except ValueError as error:
        about = {"currency": rate.currency[:8]}
        raise InvalidInput("no_such_currency", parameters=about) from error
    exponent = rate.rate.as_tuple().exponent
    is_number = isinstance(exponent, int) and exponent >= _LEAST_EXPONENT
    if rate.currency == EURO or not is_number or not 0 < rate.rate < _BOUND:
        raise InvalidInput("bad_rate", f"{rate.currency} {rate.day}")


def _insert(
    change: Change, rates: Sequence[billing.exchange_rates.ExchangeRate], source: str
) -> int:
    rows = [
        {
            "currency": each.currency,
            "day": each.day,
            "rate": each.rate,
            "source": source,
            "recorded_at": change.call.now,
            "recorded_by": change.call.principal.name,
        }
        # In one order, or two imports at once might wait for each other.
        for each in sorted(rates, key=lambda rate: (rate.currency, rate.day))
    ]
    new = insert(ExchangeRate).values(rows).on_conflict_do_nothing()
    return len(change.db.execute(new.returning(ExchangeRate.day)).all())


def _contradictions(
    session: Session, rates: Sequence[billing.exchange_rates.ExchangeRate]
) -> list[billing.exchange_rates.ChangedRate]:
    key = tuple_(ExchangeRate.currency, ExchangeRate.day)
    wanted = [(each.currency, each.day) for each in rates]
    found = session.scalars(select(ExchangeRate).where(key.in_(wanted)))
    known = {(row.currency, row.day): row.rate for row in found}
    return [
        billing.exchange_rates.ChangedRate(
            day=each.day,
            currency=each.currency,
            known=known[each.currency, each.day],
            offered=each.rate,
        )
        for each in rates
        if known[each.currency, each.day] != each.rate
    ]
