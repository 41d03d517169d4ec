"""The table of standard rates: what came with the product, and what operators add.

A rate holds until the next one of its place begins. Lines are only ever added, so what
was charged stays explained by what is there.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby

import eu_vat_rates_data
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.billing.models.tax import TaxRate
from services.billing.parties.territories import HAS_OWN_RATE, MEMBER_STATES
from services.billing.tax.calculation import Rate
from shared.contracts import billing
from shared.errors import InvalidInput
from shared.rpc.change import Change

SEED_REACHES_BACK = timedelta(days=366)
"""The package knows today's rates only. They are taken to have held for a year: the
demo's history reaches back, and nothing real was charged before the first start."""

_TERRITORIAL_RATES = {"PT-20": Decimal(16), "PT-30": Decimal(22)}
"""Azores and Madeira, which the package leaves out: Portuguese VAT code, art. 18(3)."""

_SEED_LOCK = 0x7261746573  # "rates": one process fills the table
_EARLIEST = date(1968, 1, 1)
_LATEST = date(2200, 1, 1)
_LEAST_EXPONENT = -2


def ensure_rates(session: Session, now: datetime) -> None:
    """Fill the table with the rates that came with the product, if it is empty."""
    session.execute(select(func.pg_advisory_xact_lock(_SEED_LOCK)))
    if session.scalar(select(TaxRate.position).limit(1)) is None:
        session.add_all(_seed(now))
        session.flush()


def known_rates(session: Session) -> list[Rate]:
    """All rates, corrections after what they correct."""
    return [
        Rate(row.country, row.territory, row.rate_percent, row.valid_from)
        for row in _rows(session)
    ]


def list_rates(session: Session, country: str | None) -> list[TaxRate]:
    """Return current and future rates by place and day, without corrected ones."""
    rows = [row for row in _rows(session) if country in {None, row.country}]
    valid = {(row.country, row.territory, row.valid_from): row for row in rows}
    return [valid[key] for key in sorted(valid)]


def add_rate(change: Change, request: billing.tax.AddTaxRate) -> None:
    """Record a rate from a day on, or correct the one of that day.

    Raises:
        InvalidInput: ``bad_country``, ``bad_territory``, ``bad_rate``, ``bad_date``.
    """
    _check(request)
    call = change.call
    line = TaxRate(
        country=request.country,
        territory=request.territory,
        rate_percent=request.rate_percent,
        valid_from=request.valid_from,
        recorded_at=call.now,
        recorded_by=call.principal.name,
    )
    change.db.add(line)
    change.db.flush()


def view(rates: Iterable[TaxRate]) -> billing.tax.TaxRates:
    """With the day each ends; ``rates`` are ordered as `list_rates` gives them."""
    views: list[billing.tax.TaxRate] = []
    for _, place in groupby(rates, key=lambda row: (row.country, row.territory)):
        rows = list(place)
        ends = [row.valid_from for row in rows[1:]] + [None]
        views += [_view(row, end) for row, end in zip(rows, ends, strict=True)]
    return billing.tax.TaxRates(rates=views)


def _view(row: TaxRate, valid_until: date | None) -> billing.tax.TaxRate:
    return billing.tax.TaxRate(
        country=row.country,
        territory=row.territory,
        rate_percent=row.rate_percent,
        valid_from=row.valid_from,
        valid_until=valid_until,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
    )


def _rows(session: Session) -> Iterable[TaxRate]:
    return session.scalars(select(TaxRate).order_by(TaxRate.position))


def _seed(now: datetime) -> list[TaxRate]:
    standard = {
        (country, ""): Decimal(str(eu_vat_rates_data.get_standard_rate(country)))
        for country in sorted(MEMBER_STATES)
    }
    territorial = {
        (key.partition("-")[0], key): percent
        for key, percent in _TERRITORIAL_RATES.items()
    }
    return [
        TaxRate(
            country=country,
            territory=territory,
            rate_percent=percent,
            valid_from=(now - SEED_REACHES_BACK).date(),
            recorded_at=now,
            recorded_by="",
        )
        for (country, territory), percent in (standard | territorial).items()
    ]


def _check(request: billing.tax.AddTaxRate) -> None:
    if request.country not in MEMBER_STATES:
        raise InvalidInput("bad_country")
    known = {key for key in HAS_OWN_RATE if key.startswith(request.country)}
    if request.territory not in known | {""}:
        raise InvalidInput("bad_territory")
    percent = request.rate_percent
    exponent = percent.as_tuple().exponent
    if not (isinstance(exponent, int) and exponent >= _LEAST_EXPONENT):
        raise InvalidInput("bad_rate")
    if not 0 <= percent < 100:  # noqa: PLR2004  percent
        raise InvalidInput("bad_rate")
    if not _EARLIEST <= request.valid_from < _LATEST:
        raise InvalidInput("bad_date")
