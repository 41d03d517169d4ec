"""Open top-ups that a new rate concerns: quoted at another, payable under it."""

from collections.abc import Iterable
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.billing.models.parties import Company
from services.billing.models.top_ups import OPEN, TopUp
from services.billing.tax.calculation import Rate, day_in, find_rate
from services.billing.tax.rates import known_rates
from services.billing.tax.receipts import quoted_tax
from shared.contracts import billing
from shared.money import Money, currency_of
from shared.places import time_zone_of


def concerned_by(
    session: Session, rate: billing.tax.AddTaxRate
) -> list[billing.tax.ConcernedTopUp]:
    """What is open of all companies, and can be paid on the rate's first day or later.

    The rate is recorded already. A country's own also holds in its territories that
    have none. The one that ends last is first.
    """
    rates = known_rates(session)
    quoted = TopUp.tax_reason["parameters"]
    zone = ZoneInfo(time_zone_of(rate.country))
    begins = datetime.combine(rate.valid_from, time(), zone)
    query = (
        select(TopUp, Company.name)
        .join(Company, Company.company_id == TopUp.company_id)
        .where(
            TopUp.state.in_(OPEN),
            TopUp.expires_at > begins,
            quoted["taxed_in"].astext == rate.country,
        )
        .order_by(TopUp.expires_at.desc(), TopUp.id)
    )
    return [
        billing.tax.ConcernedTopUp(
            company_id=top_up.company_id,
            company=name,
            reference=top_up.reference,
            gross=Money(top_up.gross, currency_of(top_up.currency)),
            rate_percent=quoted_tax(top_up).rate_percent,
            expires_at=top_up.expires_at,
        )
        for top_up, name in session.execute(query)
        if _is_concerned(rate, rates, top_up)
    ]


def _is_concerned(
    rate: billing.tax.AddTaxRate, rates: Iterable[Rate], top_up: TopUp
) -> bool:
    """Whether it would be taxed by the rate, and was quoted at another."""
    quoted = quoted_tax(top_up)
    territory = quoted.reason.parameters.get("territory", "")
    first_day = max(rate.valid_from, day_in(rate.country, top_up.created_at))
    found = find_rate(rates, rate.country, territory, first_day)
    added = (rate.territory, rate.valid_from)
    holds = found is not None and (found.territory, found.valid_from) == added
    return holds and quoted.rate_percent != rate.rate_percent
