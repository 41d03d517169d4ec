"""Exchange rates: what one euro is worth, by day, as a central bank publishes it."""

from datetime import date
from decimal import Decimal

from shared.contract import Effect, Method, Request, Response
from shared.contracts.billing.name import NAME
from shared.permissions import Permission

MAX_RATES = 1_000


class ExchangeRate(Request, frozen=True, kw_only=True):
    """``rate`` is how much of ``currency`` (ISO 4217, not EUR) one euro is worth."""

    day: date
    currency: str
    rate: Decimal


class ImportExchangeRates(Request, frozen=True, kw_only=True):
    """At most `MAX_RATES`; ``source`` is who published them, as documents name it."""

    rates: list[ExchangeRate]
    source: str


class ChangedRate(Response, frozen=True, kw_only=True):
    """A rate that was refused, as another one is ``known`` for its day."""

    day: date
    currency: str
    known: Decimal
    offered: Decimal


class ImportedRates(Response, frozen=True, kw_only=True):
    """``known`` counts those that were there already, as they are."""

    added: int
    known: int
    refused: list[ChangedRate]


IMPORT_EXCHANGE_RATES = Method(
    NAME,
    "import_exchange_rates",
    ImportExchangeRates,
    ImportedRates,
    Permission.OPERATE,
    Effect.CHANGE,
)
"""InvalidInput ``too_many_rows`` with ``max_rows``, ``no_such_currency`` with
``currency``, ``bad_rate``, ``bad_day`` with ``value``, ``bad_source``. Nothing of a
refused request is kept."""

METHODS = (IMPORT_EXCHANGE_RATES,)
